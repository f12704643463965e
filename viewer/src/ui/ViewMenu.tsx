/** How the plant is shown: which picture, which look, what is laid over it; one button in the strip on top. */
import type { ComponentChildren } from "preact";
import { Bookmarks } from "./Bookmarks";
import { useModel } from "./context";
import type { Model } from "./model";
import { Segments } from "./Segments";

export function ViewMenu() {
  return (
    <>
      <button
        type="button"
        class="button"
        popovertarget="view-menu"
        title="Picture, look, x-ray, section, age, views (V)"
      >
        View
      </button>
      <div id="view-menu" class="view-menu" popover="auto" role="dialog" aria-label="View">
        <Choices />
      </div>
    </>
  );
}

function Choices() {
  const model = useModel();
  const { view } = model;
  const flat = view.picture.value === "flat";
  return (
    <>
      <Row name="Picture" hint="M">
        <Segments
          legend="Picture"
          options={[
            ["3d", "3D"],
            ["flat", "Plan"],
          ]}
          chosen={view.picture.value}
          onChoose={(picture) => view.show(picture)}
        />
      </Row>
      <Row name="Look" hint="O">
        <Segments
          legend="Look"
          options={[
            ["operate", "Operate"],
            ["present", "Present"],
          ]}
          chosen={view.look.value}
          onChoose={(look) => view.setLook(look)}
        />
      </Row>
      <Row name="Theme" hint="">
        <Segments
          legend="Theme"
          options={[
            ["dark", "Dark"],
            ["light", "Light"],
          ]}
          chosen={model.theme.value}
          onChoose={(theme) => {
            model.theme.value = theme;
          }}
        />
      </Row>
      <Switch name="Age of every machine" hint="G" on={view.heat.value} press={() => view.toggleHeat()} />
      <Switch
        name="X-ray around the chosen machine"
        hint="X"
        on={view.xray.value}
        disabled={flat}
        press={() => view.toggleXray()}
      />
      <Switch
        name="Section"
        hint="C"
        on={view.section.value !== null}
        disabled={flat}
        press={() => view.toggleSection()}
      />
      <Switch
        name="Large targets, for gloves"
        hint=""
        on={view.touch.value}
        press={() => view.setTouch(!view.touch.peek())}
      />
      <Bookmarks />
      <p class="view-foot">
        <button type="button" class="link" onClick={() => startKiosk(model)}>
          Start kiosk
        </button>
        <button
          type="button"
          class="link"
          onClick={() => {
            closeViewMenu();
            model.help.value = true;
          }}
        >
          All keys (?)
        </button>
      </p>
    </>
  );
}

function startKiosk(model: Model): void {
  closeViewMenu();
  model.kiosk.start();
}

export function closeViewMenu(): void {
  document.getElementById("view-menu")?.hidePopover();
}

export function toggleViewMenu(): void {
  document.getElementById("view-menu")?.togglePopover();
}

function Row({ name, hint, children }: { name: string; hint: string; children: ComponentChildren }) {
  return (
    <div class="view-row">
      <span class="view-name">
        {name} {hint && <kbd>{hint}</kbd>}
      </span>
      {children}
    </div>
  );
}

interface SwitchProps {
  name: string;
  hint: string;
  on: boolean;
  disabled?: boolean;
  press(): void;
}

function Switch({ name, hint, on, disabled, press }: SwitchProps) {
  return (
    <label class="view-row">
      <span class="view-name">
        {name} {hint && <kbd>{hint}</kbd>}
      </span>
      <input
        type="checkbox"
        checked={on}
        disabled={disabled}
        title={disabled ? "In the 3D picture" : ""}
        onChange={press}
      />
    </label>
  );
}
