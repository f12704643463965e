/**
 * A long list of rows of one height: only those in sight exist. Arrow keys move, Enter opens.
 *
 * Rows are placed by their position, which table elements don't take; roles say what they are. The keyboard stays on
 * the list itself and `aria-activedescendant` names the row.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface VirtualListProps<Item> {
  items: readonly Item[];
  rowHeight: number;
  keyOf(item: Item): string;
  render(item: Item, active: boolean): ComponentChildren;
  label: string;
  /** Key of the row that is chosen, or null. The keyboard's place may be on another one that can't be chosen. */
  active: string | null;
  onActive(item: Item): void;
  onEnter?(item: Item): void;
  onKey?(event: KeyboardEvent, item: Item | undefined): void;
  rowClass?(item: Item): string;
  empty: ComponentChildren;
}

const OVERSCAN = 6;

export function VirtualList<Item>(props: VirtualListProps<Item>) {
  const { items, rowHeight, keyOf, active } = props;
  const box = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState(0);
  const height = useHeight(box);
  const first = Math.max(0, Math.floor(scroll / rowHeight) - OVERSCAN);
  const last = Math.min(items.length, Math.ceil((scroll + height) / rowHeight) + OVERSCAN);
  const [cursor, setCursor] = useState(active);
  const at = cursor === null ? -1 : items.findIndex((item) => keyOf(item) === cursor);

  // Only when another row is chosen: live changes of the list must not pull at the scroll bar.
  useEffect(() => {
    setCursor(active);
    const chosen = active === null ? -1 : items.findIndex((item) => keyOf(item) === active);
    if (chosen >= 0) reveal(box.current!, chosen, rowHeight);
  }, [active]);

  const moveTo = (item: Item) => {
    setCursor(keyOf(item));
    props.onActive(item);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Buttons and inputs inside of rows have keys of their own.
    if (event.target instanceof Element && event.target.closest("button, input, select, dialog")) return;
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const to = targetOf(event.key, at, items.length, page);
    if (to !== null && items.length > 0) {
      event.preventDefault();
      moveTo(items[to]);
      reveal(box.current!, to, rowHeight);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      props.onEnter?.(items[at]);
    } else {
      props.onKey?.(event, items[at]);
    }
  };

  const rows = [];
  for (let i = first; i < last; i++) {
    const item = items[i];
    const key = keyOf(item);
    rows.push(
      <div
        key={key}
        id={rowId(props.label, key)}
        role="row"
        aria-rowindex={i + 1}
        aria-selected={key === active}
        class={`row ${key === active ? "is-active" : ""} ${i === at ? "is-cursor" : ""} ${props.rowClass?.(item) ?? ""}`}
        style={{ top: `${i * rowHeight}px`, height: `${rowHeight}px` }}
        tabIndex={-1}
        onMouseDown={() => moveTo(item)}
        onDblClick={() => props.onEnter?.(item)}
      >
        <div role="gridcell" class="row-cells">
          {props.render(item, key === active)}
        </div>
      </div>,
    );
  }
  return (
    <div
      ref={box}
      class="vlist"
      role="grid"
      aria-label={props.label}
      aria-rowcount={items.length}
      aria-activedescendant={at >= 0 ? rowId(props.label, cursor!) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={(event) => setScroll(event.currentTarget.scrollTop)}
    >
      {items.length === 0 ? (
        <div role="row" class="empty">
          <div role="gridcell">{props.empty}</div>
        </div>
      ) : (
        <div role="rowgroup" class="vlist-body" style={{ height: `${items.length * rowHeight}px` }}>
          {rows}
        </div>
      )}
    </div>
  );
}

/** Where a key leads from row `at` (-1: none), or null for other keys. */
export function targetOf(key: string, at: number, count: number, page: number): number | null {
  const clamp = (index: number) => Math.min(count - 1, Math.max(0, index));
  switch (key) {
    case "ArrowDown":
      return clamp(at + 1);
    case "ArrowUp":
      return clamp(at < 0 ? 0 : at - 1);
    case "PageDown":
      return clamp(at + page);
    case "PageUp":
      return clamp(at - page);
    case "Home":
      return 0;
    case "End":
      return clamp(count - 1);
    default:
      return null;
  }
}

function rowId(label: string, key: string): string {
  return `${label}-${key}`.replace(/[^\w-]/g, "_");
}

function reveal(box: HTMLElement, index: number, rowHeight: number): void {
  const top = index * rowHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
}

function useHeight(box: { current: HTMLElement | null }): number {
  const [height, setHeight] = useState(400);
  useLayoutEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, []);
  return height;
}
