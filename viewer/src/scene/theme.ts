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
  empty: string;
  stale: string;
  accent: string;
  hover: string;
  sky: string;
  ground: string;
  skyPower: number;
  keyPower: number;
}

export type Theme = "dark" | "light";

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    background: "#0e131a",
    floor: "#141b24",
    grid: "#2a3645",
    zone: "#1b2430",
    zoneEdge: "#344456",
    zoneText: "#75889d",
    body: "#93a1b1",
    fluid: "#3f8fd6",
    empty: "#2a333e",
    stale: "#5c6671",
    accent: "#4cc2ff",
    hover: "#c9e9ff",
    sky: "#c3d3e6",
    ground: "#28313c",
    skyPower: 0.9,
    keyPower: 2.1,
  },
  light: {
    background: "#e7ebf0",
    floor: "#dfe4ea",
    grid: "#c0c9d3",
    zone: "#eef1f5",
    zoneEdge: "#b3bfcc",
    zoneText: "#66768a",
    body: "#8d9aaa",
    fluid: "#2f7fc6",
    empty: "#c9d1da",
    stale: "#a3abb5",
    accent: "#0077cc",
    hover: "#2b93dd",
    sky: "#ffffff",
    ground: "#b6c0cc",
    skyPower: 1.25,
    keyPower: 2.3,
  },
};
