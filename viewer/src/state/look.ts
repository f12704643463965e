/** How the picture is shown, whatever draws it. */

/** `operate`: quiet, colour only for what is abnormal. `present`: every machine in its own material and colour. */
export type Look = "operate" | "present";

/** A vertical or level cut through the plant; what lies beyond it is not drawn. */
export interface Section {
  /** Across which axis: x and z cut off a side, y cuts off what is above. */
  axis: "x" | "y" | "z";
  /** Where, 0 to 1 of the plant's extent. */
  at: number;
  /** Show the other side. */
  flipped: boolean;
}

export interface PictureOptions {
  look: Look;
  /** Colour by age instead of by state. */
  heat: boolean;
  /** All but the selected twin are translucent. */
  xray: boolean;
  section: Section | null;
}

export const PLAIN: PictureOptions = { look: "operate", heat: false, xray: false, section: null };
