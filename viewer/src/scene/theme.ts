/** Colours of the two themes; `#rrggbb`. */

export interface Palette {
  background: string;
  floor: string;
  grid: string;
  zone: string;
  zoneEdge: string;
  zoneText: string;
  body: string;
  fluid: string;
  pipe: string;
  empty: string;
  stale: string;
  accent: string;
  hover: string;
  sky: string;
  ground: string;
  skyPower: number;
  keyPower: number;
  /** How dark a shadow on the floor is, 0 to 1. */
  shade: number;
}

export type Theme = "dark" | "light";

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    background: "#10161d",
    floor: "#171e28",
    grid: "#2e3947",
    zone: "#263140",
    zoneEdge: "#4a5b6f",
    zoneText: "#8396ab",
    body: "#93a1b1",
    fluid: "#4d88b8",
    pipe: "#8b97a5",
    empty: "#3c4753",
    stale: "#5c6671",
    accent: "#4cc2ff",
    hover: "#c9e9ff",
    sky: "#c3d3e6",
    ground: "#3a4552",
    skyPower: 0.9,
    keyPower: 1.8,
    shade: 0.5,
  },
  light: {
    background: "#e7ebf0",
    floor: "#dfe4ea",
    grid: "#c0c9d3",
    zone: "#eef1f5",
    zoneEdge: "#b3bfcc",
    zoneText: "#66768a",
    body: "#8d9aaa",
    fluid: "#4a86b8",
    pipe: "#8c99a8",
    empty: "#c9d1da",
    stale: "#a3abb5",
    accent: "#0077cc",
    hover: "#2b93dd",
    sky: "#ffffff",
    ground: "#b6c0cc",
    skyPower: 1.25,
    keyPower: 1.9,
    shade: 0.22,
  },
};
