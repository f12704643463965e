/** Colours of the plan: grey upon grey, so that an alarm is the only colour. */
import type { Theme } from "../scene/theme";
import type { Priority } from "../state/alarms";

export interface FlatPalette {
  ground: string;
  area: string;
  areaEdge: string;
  areaText: string;
  pipe: string;
  /** Body of a machine, its outline, and lines within. */
  body: string;
  edge: string;
  detail: string;
  /** Room above what fills a vessel, and what fills it while no rule colours it. */
  empty: string;
  content: string;
  stale: string;
  text: string;
  dim: string;
  /** Behind text that lies over lines. */
  halo: string;
  card: string;
  accent: string;
  critical: string;
  high: string;
  medium: string;
  low: string;
  onMark: string;
  bad: string;
  /** Body of a machine with an alarm. */
  alarmed: Record<Priority, string>;
}

export const FLAT_PALETTES: Record<Theme, FlatPalette> = {
  dark: {
    ground: "#12171d",
    area: "#1a2129",
    areaEdge: "#33404d",
    areaText: "#a3afbb",
    pipe: "#4c5a68",
    body: "#3b4753",
    edge: "#8d9aa8",
    detail: "#6d7a88",
    empty: "#20282f",
    content: "#5f7f9c",
    stale: "#69737e",
    text: "#e2e8ef",
    dim: "#a3afbb",
    halo: "#1a2129",
    card: "#1c242d",
    accent: "#62b6dc",
    critical: "#ff6b61",
    high: "#ff9d45",
    medium: "#f4d35e",
    low: "#86b6ff",
    onMark: "#10151b",
    bad: "#ee8fd6",
    alarmed: { critical: "#804c4d", high: "#7f5d47", medium: "#7c7052", low: "#546684" },
  },
  light: {
    ground: "#d9dee3",
    area: "#e6e9ed",
    areaEdge: "#b3bdc7",
    areaText: "#4d5a67",
    pipe: "#8e9aa6",
    body: "#c3cbd3",
    edge: "#5a6773",
    detail: "#7d8894",
    empty: "#eef1f4",
    content: "#8eabc6",
    stale: "#a2aab2",
    text: "#17202a",
    dim: "#4d5a67",
    halo: "#e6e9ed",
    card: "#ffffff",
    accent: "#0b668f",
    critical: "#c4231a",
    high: "#a84f00",
    medium: "#7d6200",
    low: "#2a5db0",
    onMark: "#ffffff",
    bad: "#a02583",
    alarmed: { critical: "#dca59f", high: "#e2b992", medium: "#ddd0a0", low: "#a9bfe0" },
  },
};
