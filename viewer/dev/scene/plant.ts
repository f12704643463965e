/** An invented bottling plant, and a crowd of any number, for work on the scene. */
import type { GeometryInfo, SignalInfo, TwinInfo, VisualInfo } from "../../src/protocol/messages.gen";
import { visual as rule } from "../../test/build";

let slots = 0;

function signal(path: string, unit = "", kind = "float"): SignalInfo {
  return {
    slot: slots++,
    path,
    kind,
    unit,
    name: path,
    description: "",
    range: null,
    limits: null,
    codes: {},
    max_age_s: 10,
    decimals: null,
    derived: false,
    bound: true,
  };
}

const HEAT: [number, string][] = [
  [20, "#4a90d9"],
  [60, "#58b368"],
  [80, "#e0b13c"],
  [95, "#d9482b"],
];

interface Kind {
  type: string;
  geometry?: Partial<GeometryInfo>;
  rules: [string, string, Partial<VisualInfo>?][];
  units?: Record<string, string>;
}

const KINDS: Record<string, Kind> = {
  tank: {
    type: "BufferTank",
    geometry: { shape: "cylinder", size: [3, 5, 3] },
    rules: [
      ["level", "level", { low: 0, high: 100 }],
      ["label", "level"],
    ],
    units: { level: "%" },
  },
  lying: {
    type: "WaterTank",
    geometry: { shape: "cylinder", size: [4.4, 2.4, 2] },
    rules: [["level", "level", { low: 0, high: 100 }]],
  },
  silo: {
    type: "SugarSilo",
    rules: [
      ["level", "level", { low: 0, high: 100 }],
      ["label", "level"],
    ],
    units: { level: "%" },
  },
  mixer: {
    type: "Mixer",
    rules: [
      ["level", "level", { low: 0, high: 100 }],
      ["spin", "speed"],
      ["label", "speed"],
    ],
    units: { speed: "1/min" },
  },
  pump: {
    type: "Pump",
    rules: [
      ["spin", "speed"],
      ["color", "temperature", { stops: HEAT }],
      ["label", "flow"],
    ],
    units: { flow: "m3/h" },
  },
  motor: {
    type: "Motor",
    rules: [
      ["spin", "speed"],
      ["label", "temperature"],
    ],
    units: { temperature: "Cel" },
  },
  fan: { type: "ExhaustFan", rules: [["spin", "speed"]] },
  valve: {
    type: "ControlValve",
    rules: [
      ["turn", "position", { scale: 3.6 }],
      ["label", "position"],
    ],
    units: { position: "%" },
  },
  conveyor: {
    type: "Conveyor",
    geometry: { size: [7, 0.95, 0.9] },
    rules: [
      ["spin", "speed"],
      ["label", "speed"],
    ],
    units: { speed: "1/min" },
  },
  robot: {
    type: "Robot",
    rules: [
      ["turn", "j1"],
      ["turn", "j2"],
      ["turn", "j3"],
      ["turn", "j4"],
      ["turn", "j5"],
    ],
  },
  filler: {
    type: "BottleFiller",
    geometry: { size: [3, 2.4, 1.8] },
    rules: [["label", "rate"]],
    units: { rate: "1/min" },
  },
  labeller: { type: "Labeller", rules: [["label", "rate"]], units: { rate: "1/min" } },
  oven: {
    type: "Pasteuriser",
    rules: [
      ["color", "temperature", { stops: HEAT }],
      ["label", "temperature"],
    ],
    units: { temperature: "Cel" },
  },
  exchanger: { type: "HeatExchanger", rules: [["color", "temperature", { stops: HEAT }]] },
  cabinet: {
    type: "ControlCabinet",
    geometry: { size: [2.4, 2, 0.6] },
    rules: [["label", "power"]],
    units: { power: "kW" },
  },
  sensor: { type: "TemperatureSensor", rules: [["label", "temperature"]], units: { temperature: "Cel" } },
  compressor: {
    type: "Compressor",
    rules: [
      ["spin", "speed"],
      ["label", "pressure"],
    ],
    units: { pressure: "bar" },
  },
  pipe: { type: "Pipe", rules: [["color", "temperature", { stops: HEAT }]] },
  agv: {
    type: "Agv",
    rules: [
      ["move", "x", { axis: "x" }],
      ["move", "z", { axis: "z" }],
      ["turn", "heading"],
      ["label", "battery"],
    ],
    units: { battery: "%" },
  },
  turbine: { type: "WindTurbine", rules: [["spin", "speed"]] },
  box: { type: "Thing", geometry: { size: [1.4, 1.4, 1.4] }, rules: [["color", "temperature", { stops: HEAT }]] },
  ball: {
    type: "GasHolder",
    geometry: { shape: "sphere", size: [3, 3, 3] },
    rules: [["level", "level", { low: 0, high: 100 }]],
  },
};

export function twin(kind: string, id: string, area: string, more: Partial<TwinInfo> = {}): TwinInfo {
  const { type, geometry, rules, units } = KINDS[kind];
  const signals = new Map<string, SignalInfo>();
  for (const [, path] of rules) if (!signals.has(path)) signals.set(path, signal(path, units?.[path] ?? ""));
  return {
    id,
    type,
    name: "",
    area,
    tags: [],
    signals: [...signals.values()],
    properties: [],
    commands: [],
    relations: {},
    geometry: { shape: "box", size: [1, 1, 1], color: "", mesh: "", problem: "", ...geometry },
    visuals: rules.map(([name, path, extra]) => rule(name, signals.get(path)!.slot, extra)),
    position: null,
    yaw_deg: 0,
    discovered: false,
    synthetic: null,
    topic: "",
    ...more,
  };
}

export function bottling(): TwinInfo[] {
  const plan: [string, [string, number][]][] = [
    [
      "water",
      [
        ["lying", 2],
        ["pump", 5],
        ["valve", 3],
        ["sensor", 3],
        ["pipe", 2],
      ],
    ],
    [
      "syrup",
      [
        ["silo", 2],
        ["mixer", 3],
        ["tank", 3],
        ["pump", 3],
        ["valve", 3],
        ["exchanger", 1],
      ],
    ],
    [
      "filling",
      [
        ["conveyor", 3],
        ["filler", 2],
        ["labeller", 2],
        ["oven", 1],
        ["robot", 2],
        ["box", 1],
      ],
    ],
    [
      "utilities",
      [
        ["compressor", 2],
        ["fan", 3],
        ["cabinet", 2],
        ["motor", 3],
        ["ball", 1],
      ],
    ],
    ["warehouse", [["agv", 3]]],
  ];
  const twins = plan.flatMap(([area, kinds]) =>
    kinds.flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, i) => twin(kind, `${area}/${kind}-${i + 1}`, area)),
    ),
  );
  twins.push(twin("sensor", "discovered/dryer-9", "", { discovered: true, visuals: [] }));
  twins.push(twin("sensor", "discovered/meter-2", "", { discovered: true, visuals: [] }));
  return twins;
}

export function crowd(count: number): TwinInfo[] {
  const kinds = Object.keys(KINDS).filter((kind) => kind !== "turbine" && kind !== "agv");
  return Array.from({ length: count }, (_, i) => {
    const kind = kinds[i % kinds.length];
    const area = `hall-${Math.floor((i * 12) / count) + 1}`;
    return twin(kind, `${area}/${kind}-${i}`, area);
  });
}
