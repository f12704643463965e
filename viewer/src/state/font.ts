/** The one typeface of the page and of everything drawn on a canvas; ours, so that a panel PC shows what a laptop shows. */
export const FONT = '"Inter Variable", system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
