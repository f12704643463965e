/** The page: strip on top, tree, picture, details, lower panel. */
import { useEffect, useState } from "preact/hooks";
import { keep, recall } from "../app/kept";
import { ConnectionBanner } from "./ConnectionBanner";
import { ModelContext } from "./context";
import { Dock } from "./Dock";
import { EditBar } from "./EditBar";
import { Help } from "./Help";
import { Inspector } from "./Inspector";
import { onShortcut } from "./keys";
import type { Model } from "./model";
import { Palette } from "./Palette";
import { ReplayBar } from "./ReplayBar";
import { Said } from "./Said";
import { SceneHost } from "./SceneHost";
import { SimulationHost } from "./SimulationHost";
import { Splitter } from "./Splitter";
import { TopBar } from "./TopBar";
import { Tree } from "./Tree";

interface Sizes {
  tree: number;
  inspector: number;
  dock: number;
}

const START: Sizes = { tree: 280, inspector: 400, dock: 236 };
const SIZES_KEY = "plantverse.sizes";

export function App({ model }: { model: Model }) {
  const [sizes, setSizes] = useState(() => recall(SIZES_KEY, START));
  useEffect(() => keep(SIZES_KEY, sizes), [sizes]);
  const [drawer, setDrawer] = useState<"tree" | "inspector" | null>(null);
  // A picture that is not live is greyed as a whole; `frameMs` tells it from one that never was.
  const { phase, frameMs } = model.connection.value;
  const cut = phase !== "live" && frameMs > 0;

  useEffect(() => {
    const listen = (event: KeyboardEvent) => onShortcut(event, model);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [model]);
  useEffect(() => model.selected.subscribe((id) => setDrawer(id === null ? null : "inspector")), [model]);

  const plant = model.connection.value.welcome?.plant ?? "plantverse";
  model.documents.value;
  const waiting = model.store.liveAlarms.counts().unacknowledged;
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) ${plant}` : plant;
  }, [waiting, plant]);

  const columns = `${sizes.tree}px 5px minmax(0, 1fr) 5px ${sizes.inspector}px`;
  const rows = `minmax(0, 1fr) 5px ${sizes.dock}px`;
  return (
    <ModelContext.Provider value={model}>
      <div
        class={[
          "app",
          cut && "is-cut",
          model.replay.atUs.value !== null && "is-replay",
          model.kiosk.on.value && "is-kiosk",
          model.view.touch.value && "is-touch",
          model.panel &&
            `is-alone shows-only-${model.panel === "details" || model.panel === "picture" ? model.panel : "dock"}`,
          drawer && `shows-${drawer}`,
        ]
          .filter(Boolean)
          .join(" ")}
      >
        <TopBar onPanel={(panel) => setDrawer(drawer === panel ? null : panel)} />
        <ConnectionBanner />
        <ReplayBar />
        <EditBar />
        <div class="body" style={{ "--columns": columns, "--rows": rows }}>
          <Tree />
          <Splitter
            axis="x"
            label="Width of the tree"
            size={sizes.tree}
            min={180}
            max={520}
            sign={1}
            onSize={(tree) => setSizes({ ...sizes, tree })}
          />
          {(model.panel === null || model.panel === "picture") && <SceneHost />}
          <Splitter
            axis="x"
            label="Width of the details"
            size={sizes.inspector}
            min={320}
            max={720}
            sign={-1}
            onSize={(inspector) => setSizes({ ...sizes, inspector })}
          />
          <Inspector />
          <Splitter
            axis="y"
            label="Height of the lower panel"
            size={sizes.dock}
            min={120}
            max={600}
            sign={-1}
            onSize={(dock) => setSizes({ ...sizes, dock })}
          />
          <Dock />
        </div>
        <SimulationHost />
        <Palette />
        <Help />
        <Said />
      </div>
    </ModelContext.Provider>
  );
}
