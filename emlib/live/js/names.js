/** The words of buttons and notes; Python may give others. */
export const NAMES = {
  back: "Previous step",
  play: "Play",
  pause: "Pause",
  next: "Next step",
  slider: "Step",
  picture: "interactive picture",
  free: "free place",
  hand: "by hand",
  wait: "Python is busy: waiting",
  lost: "Python does not answer. This is the last picture.",
  gone: "Python has stopped or was restarted: run the cell again. This is the last picture.",
};
