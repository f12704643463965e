/** The picture in the middle. Its code is loaded on its own, so that panels are there before it; the plan stands in for 3D. */
import { useEffect, useRef, useState } from "preact/hooks";
import { fontReady, hasWebGl } from "../app/browser";
import { saveFile } from "../app/save";
import type { Picture } from "../app/view";
import { liveBlames, pastBlames } from "../state/anomalies";
import { sentence } from "../state/format";
import { useModel } from "./context";
import { deskOf } from "./desk";
import type { Model } from "./model";
import { Overlay } from "./Overlay";
import type { SceneControl } from "./picture";

export function SceneHost() {
  const model = useModel();
  const host = useRef<HTMLDivElement>(null);
  const picture = model.view.picture.value;
  const trouble = model.view.trouble.value;
  const [loading, setLoading] = useState(true);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    let gone = false;
    let dispose = () => {};
    setLoading(true);
    setProblem("");
    load(picture, host.current!, model, () => gone)
      .then((scene) => {
        setLoading(false);
        if (scene) dispose = tie(model, scene);
      })
      .catch((error: Error) => {
        setLoading(false);
        if (gone) return;
        const reason = error.message || "unknown reason";
        if (picture === "3d") model.view.giveWay(`The 3D picture could not start: ${sentence(reason)}`);
        else setProblem(reason);
      });
    return () => {
      gone = true;
      dispose();
    };
  }, [model, picture]);

  return (
    <main class={`scene is-${picture}`} aria-label={picture === "3d" ? "3D view of the plant" : "Plan of the plant"}>
      <div class="scene-canvas" ref={host} key={picture} />
      <Overlay />
      {loading && <p class="scene-note">{picture === "3d" ? "Loading the 3D view…" : "Loading the plan…"}</p>}
      {trouble && (
        <p class="scene-note is-top" role="status">
          {trouble} The plan stands in for it.{" "}
          <button type="button" class="button is-small" onClick={() => model.view.show("3d")}>
            Try 3D again
          </button>
        </p>
      )}
      {problem && (
        <p class="scene-note">The plan could not start: {problem}. Tree, values and alarms work without it.</p>
      )}
    </main>
  );
}

type Drawn = SceneControl & { dispose(): void };

/** Make the picture; null when it is no longer wanted once its code has come. */
async function load(picture: Picture, host: HTMLElement, model: Model, gone: () => boolean): Promise<Drawn | null> {
  const hooks = {
    onPick: (id: string | null) => model.select(id),
    onReady: () => {
      model.scenePainted.value = true;
    },
    onPicture: (file: Blob) => {
      const at = new Date(model.store.shownUs / 1e3).toISOString().slice(0, 19);
      saveFile(`plant-${at}.png`, "image/png", file);
    },
    onPlaced: model.place.bind(model),
    onLost: () => model.view.giveWay("The graphics driver dropped the 3D picture."),
    headers: () => model.api.authorization(),
    surroundings: () => model.api.scene(),
    desk: deskOf(model),
  };
  if (picture === "flat") {
    const [{ createFlat }] = await Promise.all([import("../flat/index"), fontReady()]);
    return gone() ? null : createFlat(host, model.store, hooks);
  }
  if (!hasWebGl()) throw new Error("this browser has no WebGL 2, or its graphics driver is off");
  const [{ createScene }] = await Promise.all([import("../scene/index"), fontReady()]);
  return gone() ? null : createScene(host, model.store, hooks);
}

/** Let parts glow as alarms of detectors blame them, now or at the moment that is replayed. */
function followBlames(model: Model, scene: Drawn): () => void {
  const { store } = model;
  const tell = () => {
    const past = model.replay.atUs.peek() !== null;
    scene.setBlames?.(past ? pastBlames(store) : liveBlames(store));
  };
  tell();
  const ends = [store.on("patch", tell), store.on("schema", tell)];
  return () => {
    for (const end of ends) end();
  };
}

/** Give the picture what the page knows and keep it told; returns how to end that. */
function tie(model: Model, scene: Drawn): () => void {
  scene.select(model.selected.peek());
  scene.setPeople(model.people.peek());
  scene.setEditing(model.editing.peek());
  for (const [id, spot] of model.placing.unsaved) scene.showAt(id, spot);
  model.scene.value = scene;
  const ends = [
    followBlames(model, scene),
    model.theme.subscribe((theme) => scene.setTheme(theme)),
    model.view.options.subscribe((options) => scene.setOptions(options)),
  ];
  return () => {
    for (const end of ends) end();
    model.scene.value = null;
    scene.dispose();
  };
}
