/** A bar between two panels: drag it, or move it with the arrow keys. */
import { useRef } from "preact/hooks";

export interface SplitterProps {
  axis: "x" | "y";
  label: string;
  size: number;
  min: number;
  max: number;
  /** +1 where the panel grows with the pointer's coordinate, -1 where against it. */
  sign: 1 | -1;
  onSize(size: number): void;
}

const STEP = 24;

export function Splitter({ axis, label, size, min, max, sign, onSize }: SplitterProps) {
  const from = useRef<{ at: number; size: number } | null>(null);
  const clamp = (value: number) => Math.round(Math.min(max, Math.max(min, value)));
  const at = (event: PointerEvent) => (axis === "x" ? event.clientX : event.clientY);
  return (
    <hr
      class={`splitter splitter-${axis}`}
      aria-label={label}
      aria-orientation={axis === "x" ? "vertical" : "horizontal"}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={(event) => {
        from.current = { at: at(event), size };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (from.current) onSize(clamp(from.current.size + sign * (at(event) - from.current.at)));
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onKeyDown={(event) => {
        const grow = axis === "x" ? "ArrowRight" : "ArrowDown";
        const shrink = axis === "x" ? "ArrowLeft" : "ArrowUp";
        if (event.key !== grow && event.key !== shrink) return;
        event.preventDefault();
        onSize(clamp(size + sign * (event.key === grow ? STEP : -STEP)));
      }}
    />
  );
}
