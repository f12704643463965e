/** What somebody in a headset may choose for comfort; kept by the browser for the next time. */
import { keep, recall, type Storage } from "../app/kept";

export interface Comfort {
  /** Degrees of one turn. */
  turnDeg: number;
  /** Glide with the stick instead of jumping; off unless asked for, since it makes many people sick. */
  smooth: boolean;
  /** Narrow the view while gliding. */
  vignette: boolean;
  /** Eyes are put at the height of a standing person. */
  seated: boolean;
  /** Factor on all text, 1 or more. */
  text: number;
  leftHanded: boolean;
}

export const TURNS_DEG = [30, 45] as const;
export const TEXT_SIZES = [1, 1.25, 1.5] as const;
export const STANDING_EYES_M = 1.65;

export const COMFORT: Comfort = {
  turnDeg: 30,
  smooth: false,
  vignette: true,
  seated: false,
  text: 1,
  leftHanded: false,
};

const KEY = "plantverse.comfort";

/** Return what was kept; what is not one of the choices falls back to the usual. */
export function recallComfort(storage?: Storage): Comfort {
  const found = recall(KEY, COMFORT, storage);
  return {
    ...found,
    turnDeg: oneOf(TURNS_DEG, found.turnDeg, COMFORT.turnDeg),
    text: oneOf(TEXT_SIZES, found.text, COMFORT.text),
  };
}

export function keepComfort(comfort: Comfort, storage?: Storage): void {
  keep(KEY, comfort, storage);
}

/** The choice after `now`, from the first again after the last. */
export function nextOf<T>(choices: readonly T[], now: T): T {
  return choices[(choices.indexOf(now) + 1) % choices.length];
}

function oneOf(choices: readonly number[], found: number, usual: number): number {
  return choices.includes(found) ? found : usual;
}
