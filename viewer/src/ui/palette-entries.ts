/** Everything the command palette offers, made anew each time it opens. */
import { wordsOf } from "../state/format";
import type { Entry, EntryKind } from "../state/palette";
import { simulationOf } from "../state/simulation";
import { spokenOf } from "../state/tree";
import { PRIORITY_NAMES } from "./Badge";
import type { DockTab, Model } from "./model";

export interface Choice extends Entry {
  run(): void;
}

export const KIND_NAMES: Readonly<Record<EntryKind, string>> = {
  twin: "Twin",
  signal: "Signal",
  alarm: "Alarm",
  view: "View",
  command: "Command",
};

const TABS: readonly [DockTab, string][] = [
  ["alarms", "Show alarms"],
  ["trends", "Show trends"],
  ["events", "Show events"],
  ["topics", "Show discovered topics"],
  ["rejected", "Show rejected messages"],
];

export function choices(model: Model): Choice[] {
  return [...alarms(model), ...views(model), ...twins(model)];
}

function alarms(model: Model): Choice[] {
  return model.store.alarms.sorted().map((alarm) => ({
    kind: "alarm",
    key: `alarm ${alarm.id}`,
    title: alarm.message,
    detail: `${model.nameOf(alarm.twin)}, ${PRIORITY_NAMES[alarm.priority].toLowerCase()}`,
    run: () => model.investigate(alarm),
  }));
}

function views(model: Model): Choice[] {
  const view = (key: string, title: string, run: () => void): Choice => ({
    kind: "view",
    key: `view ${key}`,
    title,
    detail: "",
    run,
  });
  const other = model.theme.peek() === "dark" ? "light" : "dark";
  return [
    view("home", "Show the whole plant", () => model.scene.peek()?.frameTwin(null)),
    ...TABS.map(([tab, title]) =>
      view(tab, title, () => {
        model.tab.value = tab;
      }),
    ),
    view("picture", model.view.picture.peek() === "3d" ? "Show the plan (2D)" : "Show the plant in 3D", () =>
      model.view.show(model.view.picture.peek() === "3d" ? "flat" : "3d"),
    ),
    ...(simulationOf(model.store.twins.values())
      ? [
          view("simulation", "Simulation: break something, change the product, speed", () => {
            model.simulation.value = true;
          }),
        ]
      : []),
    ...(["operate", "present"] as const).map((look) =>
      view(`look ${look}`, `Use the look ${wordsOf(look)}`, () => model.view.setLook(look)),
    ),
    view("xray", "X-ray around the chosen machine", () => model.view.toggleXray()),
    view("section", "Section through the plant", () => model.view.toggleSection()),
    view("heat", "Age of every machine as colour", () => model.view.toggleHeat()),
    view("keep", "Keep the present view", () => model.keepView()),
    view("kiosk", "Start kiosk", () => model.kiosk.start()),
    view("help", "Show all keys", () => {
      model.help.value = true;
    }),
    ...model.bookmarks
      .peek()
      .map((bookmark, index) =>
        view(`kept ${bookmark.name}`, `Go to the view ${bookmark.name}`, () => model.goToView(index)),
      ),
    ...areasOf(model).map((area) =>
      view(`area ${area}`, `Show the area ${area}`, () => model.scene.peek()?.frameArea(area)),
    ),
    view("theme", `Use the ${other} theme`, () => {
      model.theme.value = other;
    }),
  ];
}

function areasOf(model: Model): string[] {
  return [...new Set([...model.store.twins.values()].map(({ area }) => area).filter(Boolean))].sort();
}

function twins(model: Model): Choice[] {
  const out: Choice[] = [];
  for (const twin of model.store.twins.values()) {
    const name = spokenOf(twin);
    out.push({
      kind: "twin",
      key: `twin ${twin.id}`,
      title: name,
      detail: `${twin.id} ${twin.type}`,
      run: () => model.visit(twin.id),
    });
    for (const command of twin.commands) {
      out.push({
        kind: "command",
        key: `command ${twin.id} ${command.name}`,
        title: `${command.title || wordsOf(command.name)}…`,
        detail: name,
        run: () => model.prepare(twin.id, command.name),
      });
    }
    for (const info of twin.signals) {
      out.push({
        kind: "signal",
        key: `signal ${twin.id}:${info.path}`,
        title: info.name || wordsOf(info.path),
        detail: `${name} ${twin.id}:${info.path}`,
        run: () => model.visit(twin.id, info.path),
      });
    }
  }
  return out;
}
