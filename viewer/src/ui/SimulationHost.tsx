/** Button and place of the simulation's panel, only where the plant has one; the panel is loaded when it is opened. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { TwinInfo } from "../protocol/messages.gen";
import { simulationOf } from "../state/simulation";
import { useModel } from "./context";

type Panel = ComponentType<{ twin: TwinInfo }>;

export function SimulationButton() {
  const model = useModel();
  model.structure.value;
  if (simulationOf(model.store.twins.values()) === undefined) return null;
  const open = model.simulation.value;
  return (
    <button
      type="button"
      class="button"
      aria-pressed={open}
      title="Break something, change the product, let time go faster"
      onClick={() => {
        model.simulation.value = !open;
      }}
    >
      Simulation
    </button>
  );
}

export function SimulationHost() {
  const model = useModel();
  const [loaded, setLoaded] = useState<{ Panel: Panel } | null>(null);
  const open = model.simulation.value;
  useEffect(() => {
    // Where it can't be loaded, the next press tries again.
    if (open && loaded === null) {
      import("./SimulationPanel").then(
        ({ SimulationPanel }) => setLoaded({ Panel: SimulationPanel }),
        () => {
          model.simulation.value = false;
        },
      );
    }
  }, [open, loaded, model]);
  model.structure.value;
  const twin = simulationOf(model.store.twins.values());
  return open && loaded !== null && twin !== undefined ? <loaded.Panel twin={twin} /> : null;
}
