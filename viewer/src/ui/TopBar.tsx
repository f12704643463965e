/** The strip on top: is the picture true, how old is it, who is here, what is wrong. */
import { PRIORITIES } from "../state/alarms";
import { ageText, durationText, rateText } from "../state/format";
import { PRIORITY_NAMES, PriorityMark } from "./Badge";
import { useModel } from "./context";
import type { Model } from "./model";
import { SimulationButton } from "./SimulationHost";
import { ViewMenu } from "./ViewMenu";

/** A replay starts so long ago. */
const REPLAY_START_US = 300e6;

export function TopBar({ onPanel }: { onPanel(panel: "tree" | "inspector"): void }) {
  const model = useModel();
  const { welcome } = model.connection.value;
  return (
    <header class="topbar">
      <button type="button" class="icon-button only-narrow" aria-label="Show tree" onClick={() => onPanel("tree")}>
        ☰
      </button>
      <div class="brand" title={welcome?.plant}>
        <h1 class="brand-plant">{welcome?.plant ?? "plantverse"}</h1>
      </div>
      <ConnectionState model={model} />
      <Heartbeat model={model} />
      <Figures model={model} />
      <AlarmCounts model={model} />
      <div class="spacer" />
      <OtherPeople model={model} />
      <button
        type="button"
        class="button"
        title="Find a twin, signal, alarm or command (Ctrl K)"
        onClick={() => {
          model.palette.value = true;
        }}
      >
        Find
      </button>
      <SimulationButton />
      <ReplayButton model={model} />
      {model.mayNow("engineer") && !model.editing.value && (
        <button type="button" class="button" title="Move and turn machines by hand" onClick={() => model.beginEdit()}>
          Edit
        </button>
      )}
      {welcome && (
        <div class="kpi kpi-user" title={`Role: ${welcome.role}`}>
          <span class="kpi-value">{welcome.user || "local"}</span>
          <span class="kpi-label">{welcome.role}</span>
        </div>
      )}
      <ViewMenu />
      <button
        type="button"
        class="icon-button only-narrow"
        aria-label="Show details"
        onClick={() => onPanel("inspector")}
      >
        i
      </button>
    </header>
  );
}

function ReplayButton({ model }: { model: Model }) {
  const past = model.replay.atUs.value !== null;
  return (
    <button
      type="button"
      class="button"
      aria-pressed={past}
      disabled={model.editing.value}
      title="Show the plant as it was"
      onClick={() => {
        if (past) model.replay.leave();
        else model.replay.seek(model.store.serverNowUs() - REPLAY_START_US);
      }}
    >
      Replay
    </button>
  );
}

/** Who else looks at the plant; a press follows their view, another one ends that. */
function OtherPeople({ model }: { model: Model }) {
  const people = model.people.value;
  const followed = model.followed.value;
  if (people.length === 0) return null;
  return (
    <fieldset class="people">
      <legend class="unseen">Other people here</legend>
      {people.map(({ client, user, presence }) => (
        <button
          type="button"
          key={client}
          class="chip chip-button"
          aria-pressed={followed === client}
          title={
            presence.selected ? `Looks at ${model.nameOf(presence.selected)}. Press to follow.` : "Press to follow"
          }
          onClick={() => {
            model.followed.value = followed === client ? null : client;
            if (followed !== client) model.scene.peek()?.lookFrom(presence);
          }}
        >
          {followed === client ? `following ${user || "someone"}` : user || "someone"}
        </button>
      ))}
    </fieldset>
  );
}

const PHASES = {
  connecting: "Connecting",
  greeting: "Connecting",
  live: "Connected",
  waiting: "No connection",
  stopped: "Stopped",
};

function ConnectionState({ model }: { model: Model }) {
  const { phase, rttMs, offsetMs } = model.connection.value;
  const title =
    phase === "live" ? `Round trip ${durationText(rttMs)}, server's clock ${durationText(offsetMs)} ahead of ours` : "";
  return (
    <div class={`kpi kpi-connection is-${phase}`} title={title} role="status" aria-live="polite">
      <span class="dot" />
      <span class="kpi-value">{PHASES[phase]}</span>
    </div>
  );
}

/** Turns with every frame that is applied, and visibly stands still when frames stop. */
function Heartbeat({ model }: { model: Model }) {
  model.clock.value;
  const beats = model.values.value;
  const { frameMs } = model.store.connection;
  const silent = frameMs > 0 ? (Date.now() - frameMs) / 1e3 : Number.NaN;
  const alive = silent < 2.5;
  return (
    <div
      class={`kpi kpi-beat ${alive ? "" : "is-silent"}`}
      title="Turns while the server sends; at least once a second"
    >
      <svg viewBox="0 0 16 16" class="beat" style={{ transform: `rotate(${(beats % 8) * 45}deg)` }} aria-hidden="true">
        <circle cx="8" cy="8" r="6.5" />
        <path d="M8 8V1.5" />
      </svg>
      <span class="kpi-value">{alive ? "alive" : ageText(silent)}</span>
      <span class="kpi-label">last frame</span>
    </div>
  );
}

function Figures({ model }: { model: Model }) {
  model.clock.value;
  const { p50, p99, rate } = model.store.ages.window;
  const health = model.health.value;
  const live = model.store.live;
  const serverRate = health?.rate;
  return (
    <>
      <div class="kpi kpi-age" title="Age of samples when they arrive in this browser: half and 99 % are younger">
        <span class="kpi-value">{live ? `${durationText(p50)} / ${durationText(p99)}` : "–"}</span>
        <span class="kpi-label">sync age p50 / p99</span>
      </div>
      <div class="kpi" title={`This page applies ${rateText(rate)} values per second`}>
        <span class="kpi-value">{live ? rateText(serverRate ?? rate) : "–"}</span>
        <span class="kpi-label">{serverRate === undefined ? "updates/s" : "samples/s"}</span>
      </div>
      <div class="kpi kpi-viewers">
        <span class="kpi-value">{live ? (health?.viewers ?? "–") : "–"}</span>
        <span class="kpi-label">{health?.viewers === 1 ? "viewer" : "viewers"}</span>
      </div>
    </>
  );
}

function AlarmCounts({ model }: { model: Model }) {
  model.documents.value;
  const counts = model.store.alarms.counts();
  const chosen = model.alarmPriority.value;
  return (
    <fieldset class="kpi-alarms">
      <legend class="unseen">Open alarms by priority</legend>
      {PRIORITIES.map((priority, rank) => (
        <button
          type="button"
          key={priority}
          class={`alarm-count ${counts.byPriority[rank] > 0 ? "" : "is-none"}`}
          aria-pressed={chosen === priority}
          title={`${counts.byPriority[rank]} open alarms of ${PRIORITY_NAMES[priority].toLowerCase()} priority: list them`}
          onClick={() => {
            model.tab.value = "alarms";
            model.alarmScope.value = "open";
            model.alarmPriority.value = chosen === priority ? null : priority;
          }}
        >
          <PriorityMark priority={priority} />
          <span class="kpi-value">{counts.byPriority[rank].toLocaleString("en")}</span>
        </button>
      ))}
      <div class="kpi">
        <span class="kpi-value">{counts.unacknowledged.toLocaleString("en")}</span>
        <span class="kpi-label">to acknowledge</span>
      </div>
    </fieldset>
  );
}
