/** Where a value stands: range, alarm limits, the normal part between them, the set-point. */
import type { SignalInfo } from "../protocol/messages.gen";
import { barBounds } from "../state/limits";

const NUMERIC = new Set(["float", "int"]);

interface ValueBarProps {
  info: SignalInfo;
  value: number;
  /** NaN where there is none. */
  setPoint?: number;
}

/** Nothing is drawn where neither range nor limits are known. */
export function ValueBar({ info, value, setPoint = Number.NaN }: ValueBarProps) {
  const bounds = NUMERIC.has(info.kind) ? barBounds(info) : null;
  if (!bounds) return <span class="limit-bar is-none" />;
  const [low, high] = bounds;
  const at = (v: number) => Math.min(100, Math.max(0, ((v - low) / (high - low)) * 100));
  const [ll, l, h, hh] = info.limits ?? [null, null, null, null];
  const zone = (from: number | null, to: number | null, kind: string) =>
    from !== null && to !== null && to > from ? (
      <span class={`zone zone-${kind}`} style={{ left: `${at(from)}%`, width: `${at(to) - at(from)}%` }} />
    ) : null;
  return (
    <span class="limit-bar" aria-hidden="true">
      {info.limits && zone(l ?? ll ?? low, h ?? hh ?? high, "normal")}
      {zone(low, ll, "critical")}
      {zone(ll ?? low, l, "high")}
      {zone(h, hh ?? high, "high")}
      {zone(hh, high, "critical")}
      {Number.isFinite(setPoint) && <span class="set-point" style={{ left: `${at(setPoint)}%` }} />}
      {!Number.isNaN(value) && <span class="needle" style={{ left: `${at(value)}%` }} />}
    </span>
  );
}
