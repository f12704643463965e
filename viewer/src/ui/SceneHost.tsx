/** The picture in the middle. The 3D code is loaded on its own, so that panels are there before it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { saveFile } from "../app/save";
import { useModel } from "./context";

export function SceneHost() {
  const model = useModel();
  const host = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "ready" | string>("loading");

  useEffect(() => {
    let gone = false;
    let dispose = () => {};
    import("../scene/index")
      .then(({ createScene }) => {
        if (gone) return;
        const scene = createScene(host.current!, model.store, {
          onPick: (id) => model.select(id),
          onReady: () => {
            model.scenePainted.value = true;
          },
          onPicture: (picture) => {
            const at = new Date(model.store.shownUs / 1e3).toISOString().slice(0, 19);
            saveFile(`plant-${at}.png`, "image/png", picture);
          },
          onPlaced: (id, from, to) => model.place(id, from, to),
          headers: () => model.api.authorization(),
        });
        setState("ready");
        scene.setTheme(model.theme.peek());
        scene.select(model.selected.peek());
        scene.setPeople(model.people.peek());
        model.scene.value = scene;
        const unfollow = model.theme.subscribe((theme) => scene.setTheme(theme));
        dispose = () => {
          unfollow();
          model.scene.value = null;
          scene.dispose();
        };
      })
      .catch((error: Error) => setState(error.message || "unknown reason"));
    return () => {
      gone = true;
      dispose();
    };
  }, [model]);

  return (
    <main class="scene" aria-label="3D view of the plant">
      <div class="scene-canvas" ref={host} />
      {state === "loading" && <p class="scene-note">Loading the 3D view…</p>}
      {state !== "loading" && state !== "ready" && (
        <p class="scene-note">The 3D view could not start: {state}. Tree, values and alarms work without it.</p>
      )}
    </main>
  );
}
