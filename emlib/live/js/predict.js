/**
 * Predictions: questions that the page itself judges. See Predict in predict.py.
 *
 * Nothing is sent or stored: what a reader chose lives as long as the page.
 *
 * @typedef {{ say: string, why: string, right: boolean, between: [number, number] | null,
 *   words: string[] }} Answer
 * @typedef {{ ask: string, look: string, typed: "" | "number" | "word",
 *   answers: Answer[] }} Question
 * @typedef {{ answer: number, said: string }} Choice - Which answer it is, and in what words.
 * @typedef {{ [name: string]: string }} Names
 */

const NUMBER = /^[-+−]?(\d+\.?\d*|\.\d+)$/;

/**
 * What was typed, as a choice; undefined if it is no number, or no word.
 *
 * @param {Question} question
 * @param {string} text
 * @returns {Choice | undefined}
 */
export function judge({ typed, answers }, text) {
  const said = text.trim();
  if (typed === "number" ? !NUMBER.test(said) : !said) return undefined;
  const number = Number(said.replace("−", "-"));
  /** @param {Answer} answer */
  const fits = ({ between, words }) =>
    between ? between[0] <= number && number <= between[1] : words.includes(said.toLowerCase());
  const found = answers.findIndex(fits);
  return { answer: found < 0 ? answers.length - 1 : found, said };
}

/**
 * What is said to the last of the choices: [kind, text] for each line.
 *
 * @param {Question} question
 * @param {Choice[]} choices - In the order in which they were made, at least one.
 * @param {Names} names
 * @returns {[string, string][]}
 */
export function verdict({ answers, look }, choices, names) {
  const [first, last] = [choices[0], choices[choices.length - 1]];
  const { right, why } = answers[last.answer];
  /** @type {[string, string][]} */
  const lines = [[right ? "right" : "wrong", `${right ? names.right : names.wrong} ${why}`]];
  if (first.said !== last.said) {
    lines.push(["first", names.first.replace("{said}", () => first.said)]);
  }
  if (look) lines.push(["look", `${names.look} ${look}`]);
  return lines;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} [properties]
 * @param {...Node} children
 * @returns {HTMLElementTagNameMap[T]}
 */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * Buttons, one for each answer; the arrow keys go from one to the next.
 *
 * @param {Question} question
 * @param {(choice: Choice) => void} choose
 */
function buttons({ answers }, choose) {
  const all = answers.map(({ say }, answer) =>
    element("button", {
      type: "button",
      textContent: say,
      ariaPressed: "false",
      onclick: () => choose({ answer, said: say }),
    }),
  );
  all.forEach((button, i) => {
    button.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      all[(i + step + all.length) % all.length].focus();
    };
  });
  /** @param {Choice[]} choices */
  const show = (choices) =>
    all.forEach((button, i) => {
      const tried = choices.some(({ answer }) => answer === i);
      button.ariaPressed = String(choices[choices.length - 1].answer === i);
      button.className = tried ? (answers[i].right ? "right" : "wrong") : "";
    });
  return { whole: element("div", { className: "answers" }, ...all), keyed: all, show };
}

/**
 * A field and its button; Enter does the same.
 *
 * @param {Question} question
 * @param {(choice: Choice) => void} choose
 * @param {(text: string) => void} refuse
 * @param {Names} names
 */
function field(question, choose, refuse, names) {
  const input = element("input", { type: "text", autocomplete: "off" });
  const judged = () => {
    const choice = judge(question, input.value);
    if (choice) return choose(choice);
    return refuse(`${names.answer}: ${names[question.typed]}.`);
  };
  const send = element("button", { type: "button", textContent: names.send, onclick: judged });
  // no form: JupyterLab keeps Enter from submitting one
  input.onkeydown = (event) => {
    if (event.key === "Enter") judged();
  };
  const label = element("label", { textContent: `${names.answer} ` }, input);
  const whole = element("div", { className: "answers" }, label, send);
  return { whole, keyed: [input, send], show: () => {} };
}

/**
 * One question on the page.
 *
 * @param {Question} question
 * @param {string} title
 * @param {Choice[]} choices - Those made so far; more are added to it.
 * @param {Names} names
 */
function block(question, title, choices, names) {
  const said = element("div", { className: "said", ariaLive: "polite" });
  /** @param {[string, string][]} lines */
  const say = (lines) =>
    said.replaceChildren(
      ...lines.map(([className, textContent]) => element("p", { className, textContent })),
    );
  const show = () => {
    answers.show(choices);
    say(verdict(question, choices, names));
  };
  /** @param {Choice} choice */
  const choose = (choice) => {
    choices.push(choice);
    show();
  };
  const answers = question.typed
    ? field(question, choose, (text) => say([["refused", text]]), names)
    : buttons(question, choose);
  // JupyterLab and Notebook 7 take keys first, except from an element so marked
  for (const keyed of answers.keyed) keyed.dataset.lmSuppressShortcuts = "";
  if (choices.length) show();
  const ask = element("p", { className: "ask", textContent: question.ask });
  ask.prepend(element("b", { textContent: `${title}. ` }));
  const whole = element("div", { className: "question", role: "group", ariaLabel: question.ask });
  whole.append(ask, answers.whole, said);
  return whole;
}

/** @param {Choice[][]} made - The choices of each question, which outlive a view. */
const widget = (made) => ({
  /** @param {{ model: { get(name: string): any }, el: HTMLElement }} given */
  render({ model, el }) {
    const names = model.get("names");
    /** @type {Question[]} */
    const questions = model.get("questions");
    const blocks = questions.map((question, i) => {
      const title = questions.length > 1 ? `${names.title} (${i + 1})` : names.title;
      return block(question, title, (made[i] ??= []), names);
    });
    el.append(element("section", { className: "emlib-predict" }, ...blocks));
  },
});

// anywidget calls the function once for each model; MyST takes the object itself, for all models
export default Object.assign(() => widget([]), {
  /** @param {{ model: any, el: HTMLElement }} given */
  render: (given) => widget([]).render(given),
});
