/**
 * Questions to Python: one is on its way, the others wait. Of moves and looks the newest replaces
 * the one before it; a press (down, up, Enter, add, remove) is never dropped. Every answer
 * acknowledges.
 *
 * @import { Question, Names } from "./types.js"
 */

const SLOW = 1500; // ms without an answer after which Python is called busy
const LOST = 6000; // ms without an answer after which the question is given up

/** Questions of which only the newest counts. */
const LIGHT = ["move", "key", "hover", "rest"];

/** @param {Question} question */
const isLight = (question) =>
  LIGHT.includes(question.kind === "move" ? question.phase : question.kind);

/**
 * @typedef {object} Asked
 * @property {Question} question
 * @property {number} seq - Its number, which the answer repeats.
 * @property {boolean} late - The picture has gone elsewhere since: the answer is not to be shown.
 */

/**
 * @param {(asked: Asked) => void} send - May throw: then Python is gone.
 * @param {(note: "" | keyof Names) => void} tell - What to say about Python.
 */
export function makeQuestions(send, tell) {
  /** @type {Asked[]} */
  let waiting = [];
  /** @type {Asked | null} */
  let flight = null;
  let count = 0;
  let closed = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let slow;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let lost;

  const open = () => (flight ? [flight, ...waiting] : waiting);

  /** @param {"" | keyof Names} note */
  function landed(note) {
    flight = null;
    clearTimeout(slow);
    clearTimeout(lost);
    tell(note);
  }

  /** @param {"lost" | "gone"} note */
  function giveUp(note) {
    waiting = [];
    landed(note);
  }

  function next() {
    const asked = flight ? undefined : waiting.shift();
    if (!asked) return;
    flight = asked;
    slow = setTimeout(() => tell("wait"), SLOW);
    lost = setTimeout(() => giveUp("lost"), LOST);
    try {
      send(asked);
    } catch {
      questions.close("gone");
    }
  }

  const questions = {
    /** @param {Question} question */
    ask(question) {
      if (closed) return;
      const last = waiting.at(-1);
      if (last && isLight(last.question) && isLight(question)) waiting.pop();
      waiting.push({ question, seq: ++count, late: false });
      next();
    },
    /**
     * Python has answered a question; one that was given up, too, says that it is there again.
     *
     * @param {number} seq
     */
    answered(seq) {
      if (flight && flight.seq !== seq) return;
      landed("");
      next();
    },
    /** The picture goes elsewhere: whatever was asked before is not to bring it back. */
    outdate() {
      open().forEach((asked) => (asked.late = true));
    },
    /** @param {number} seq */
    isLate: (seq) => Boolean(flight?.late) && flight?.seq === seq,
    /** Whether an answer may change Python's state. */
    mayMove: () => open().some(({ question }) => !["hover", "rest"].includes(question.kind)),
    isWaiting: () => waiting.length > 0,
    isIdle: () => !open().length,
    /** What is on its way. */
    asking: () => flight?.question.kind,
    /**
     * Python is gone, or never was there.
     *
     * @param {"gone" | ""} note
     */
    close(note) {
      closed = true;
      waiting = [];
      landed(note);
    },
  };
  return questions;
}
