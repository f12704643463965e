/** What stands over the picture while something is laid over the plant: the legend of ages, the handle of the section. */
import { HEAT_TICKS, heatCss, heatOf } from "../state/heat";
import type { Section } from "../state/look";
import { useModel } from "./context";
import { Segments } from "./Segments";

export function Overlay() {
  const { view } = useModel();
  const section = view.section.value;
  return (
    <div class="overlay">
      {view.heat.value && <HeatLegend />}
      {section && view.picture.value === "3d" && <SectionHandle section={section} />}
    </div>
  );
}

const STEPS = 10;

function HeatLegend() {
  const colors = Array.from({ length: STEPS + 1 }, (_, i) => heatCss(i / STEPS));
  return (
    <figure class="legend" aria-label="Colours by age">
      <figcaption>Age of the oldest value</figcaption>
      <div class="legend-bar" style={{ background: `linear-gradient(90deg, ${colors.join(", ")})` }} />
      <div class="legend-ticks">
        {HEAT_TICKS.map(([seconds, words]) => (
          <span key={words} style={{ left: `${heatOf(seconds) * 100}%` }}>
            {words}
          </span>
        ))}
      </div>
      <div class="legend-none">
        <span class="swatch" style={{ background: heatCss(-1) }} /> no value yet
      </div>
    </figure>
  );
}

function SectionHandle({ section }: { section: Section }) {
  const { view } = useModel();
  const set = (change: Partial<Section>) => {
    view.section.value = { ...section, ...change };
  };
  return (
    <fieldset class="section-handle">
      <legend class="unseen">Section</legend>
      <Segments
        legend="Cut across"
        options={[
          ["x", "Across"],
          ["z", "Along"],
          ["y", "Level"],
        ]}
        chosen={section.axis}
        onChoose={(axis) => set({ axis })}
      />
      <input
        type="range"
        aria-label="Where the section is"
        title="Also [ and ]"
        min="0"
        max="1"
        step="0.01"
        value={section.at}
        onInput={(event) => set({ at: event.currentTarget.valueAsNumber })}
      />
      <button
        type="button"
        class="button"
        aria-pressed={section.flipped}
        onClick={() => set({ flipped: !section.flipped })}
      >
        Other side
      </button>
      <button type="button" class="button" title="End the section (C)" onClick={() => view.toggleSection()}>
        End
      </button>
    </fieldset>
  );
}
