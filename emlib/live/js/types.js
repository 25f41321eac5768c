/**
 * What crosses a boundary: between Python and this module, between the store, its views and ports.
 * Types only: nothing of this file is sent to a browser.
 *
 * Places in the picture are fractions of its width and height, from the top left corner.
 */

/** @typedef {DataView<ArrayBuffer> | Uint8Array<ArrayBuffer>} Bytes */

/**
 * Something in the picture that a hand can take.
 *
 * @typedef {object} Handle
 * @property {string} name - What Python calls it.
 * @property {number} x
 * @property {number} y
 * @property {string} label - What a screen reader says.
 * @property {number} [dx] - The least that an arrow key moves it, to the left or right.
 * @property {number} [dy] - The same up or down.
 * @property {number} [top] - Of an upright line, which is taken anywhere from here …
 * @property {number} [bottom] - … to here.
 */

/**
 * One state of the bank, drawn by Python.
 *
 * @typedef {object} Frame
 * @property {Bytes} bytes - A PNG; empty where drawing it failed.
 * @property {string} text - The sentence that says what the frame shows.
 * @property {Handle[]} handles
 * @property {string} error - What went wrong in drawing it; "" where nothing did.
 */

/**
 * A frame that Python drew for this moment: a hand moves, or a screen is denser than the bank.
 *
 * @typedef {object} LiveFrame
 * @property {string} text
 * @property {Handle[]} handles
 * @property {number} scale - Its pixels for one CSS pixel; 0 where it could not be unpacked.
 * @property {number} [i] - The state of the bank that it shows; absent for a state outside of it.
 * @property {ImageData} [pixels] - Of a fast frame: to be painted at once.
 * @property {Promise<ImageBitmap>} [bitmap] - Of a crisp frame.
 */

/**
 * What Python gives at the start; in a page without Python the same comes from JSON.
 *
 * @typedef {object} Options
 * @property {[number, number]} size - Width and height in CSS pixels.
 * @property {number} n - How many states the bank has.
 * @property {number} index - The one on screen.
 * @property {number} interval - Milliseconds a frame under Play.
 * @property {string} alt - What the picture is, for who cannot see it.
 * @property {string} [text] - The sentence of the state on screen.
 * @property {Handle[]} [handles] - Those of the state on screen.
 * @property {Act[]} [acts] - What a hand may do.
 * @property {Partial<Names>} [names] - Other words than the usual ones.
 * @property {string} [error] - What went wrong, in words.
 * @property {number} [epoch] - Which bank this is; it counts up with each new one.
 * @property {Bytes} [still] - PNG of the state on screen, shown until the bank comes.
 *
 * @typedef {"move" | "add" | "remove" | "hover"} Act
 * @typedef {typeof import("./names.js").NAMES} Names
 */

/**
 * The data of a page without Python.
 *
 * @typedef {object} Bank
 * @property {string[]} frames - PNG in base64, one a state.
 * @property {string[]} texts - One sentence a state.
 */

/**
 * From Python. What answers a question carries its `seq`; what Python sends by itself has 0 there.
 *
 * @typedef {BankMessage | LiveMessage | SaidMessage | AckMessage} MessageDown
 *
 * @typedef {object} BankMessage - Frames of the bank, from `first` on; their bytes: the buffers.
 * @property {"bank"} kind
 * @property {number} epoch
 * @property {number} first
 * @property {string[]} texts
 * @property {Handle[][]} handles
 * @property {string[]} errors
 * @property {boolean} [ask] - Python draws the others when it is asked for them.
 * @property {number} [seq]
 *
 * @typedef {object} LiveMessage - One frame: fast (see fast.js), or a PNG.
 * @property {"live"} kind
 * @property {number} seq
 * @property {string} text
 * @property {Handle[]} handles
 * @property {number} scale
 * @property {number} [i]
 * @property {boolean} [fast]
 * @property {number} [key] - Of a fast frame; see fast.js.
 * @property {number} [makes] - Of a fast frame.
 *
 * @typedef {object} SaidMessage - What is to be read at a place.
 * @property {"said"} kind
 * @property {number} seq
 * @property {string} text
 *
 * @typedef {object} AckMessage - Heard; the picture stays.
 * @property {"ack"} kind
 * @property {number} seq
 */

/**
 * A question to Python, as a hand asks it.
 *
 * @typedef {{ kind: "move", name: string, phase: Phase, x: number, y: number }
 *   | { kind: "add", x: number, y: number }
 *   | { kind: "remove", name: string }
 *   | { kind: "hover", x: number, y: number }
 *   | { kind: "rest", scale: number }
 *   | { kind: "index" }} Question
 *
 * @typedef {"down" | "move" | "up" | "key" | "enter"} Phase
 *   The first three of a pointer; an arrow key; Enter.
 */

/**
 * What is sent to Python: a question with `seq`, which its answer repeats; `i`, the state of the
 * bank on screen, or -1 where Python's own state is the one meant; and `epoch`, the bank's number.
 * The others want no answer: "need" asks for the bank (`first`: a frame that is missing), "seen"
 * and "far" are about the connection.
 *
 * @typedef {(Question & { seq: number, i: number, epoch: number })
 *   | { kind: "need", epoch: number, first: number }
 *   | { kind: "seen" }
 *   | { kind: "far" }} MessageUp
 */

/**
 * The way to Python. A page without Python has neither.
 *
 * @typedef {object} Port
 * @property {(message: MessageUp) => void} [send] - May throw: then Python is gone.
 * @property {(i: number, atRest: boolean) => void} [saveIndex]
 *   Keep the index; tell Python when the hand is at rest.
 */

/**
 * What the store asks of a view.
 *
 * @typedef {object} View
 * @property {(picture: ImageBitmap | ImageData) => void} draw
 * @property {() => void} refresh - Show everything but the picture.
 * @property {() => number} scale - Device pixels for one CSS pixel of the picture, 1 to 3.
 */

/**
 * The store's face.
 *
 * @typedef {object} State
 * @property {[number, number]} size
 * @property {number} n
 * @property {number} index
 * @property {number} interval
 * @property {number} epoch
 * @property {string} alt
 * @property {string} text
 * @property {string} error
 * @property {string} note - About Python: it is slow, it is gone.
 * @property {string} said - Read at the place under the hand.
 * @property {Handle[]} handles
 * @property {Act[]} acts
 * @property {Names} names
 * @property {Bytes | undefined} still
 * @property {boolean} seen - Whether anything but the still was ever shown.
 * @property {Frame[]} bank - Sparse, until all frames have come.
 * @property {LiveFrame | null} live - What Python drew for this moment, instead of a bank's frame.
 * @property {boolean} playing
 * @property {Set<View>} views
 *
 * @typedef {object} Actions
 * @property {() => void} refresh
 * @property {() => void} show - Put the state of now on screen.
 * @property {() => void} rest - Something changed: when it stays so, a crisp frame may be due.
 * @property {(i: number, byHand?: boolean) => void} go
 *   To a state of the bank; Python is told, unless it was Python that said so.
 * @property {() => void} start
 * @property {() => void} stop
 * @property {() => void} toggle - Play, or stop.
 * @property {(question: Question) => void} ask
 * @property {(name: string, phase: Phase, x: number, y: number) => void} move
 *   A hand is on a handle: ask, and let the handle go ahead of the answer.
 * @property {(message: MessageDown, buffers?: Bytes[]) => void} hear
 * @property {(epoch: number, n: number, index: number) => void} renew - Another bank is coming.
 * @property {() => void} gone - Python has stopped.
 * @property {() => void} alone - There never was a Python.
 *
 * @typedef {State & Actions} Store
 */

/**
 * What anywidget or MyST hands over: a widget's traits, and a way to Python. Without a kernel
 * `send`, `save_changes` and reading `widget_manager` throw.
 *
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(name: string, callback: (...a: any[]) => void) => void} on
 * @property {(message: MessageUp) => void} send
 * @property {{ kernel?: { statusChanged?: Signal } }} [widget_manager]
 *
 * @typedef {{ connect: (slot: (sender: unknown, now: string) => void) => void }} Signal
 */

export {};
