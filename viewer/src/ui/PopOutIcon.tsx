/** Two sheets, one before the other: a window of its own. */
export function PopOutIcon() {
  return (
    <svg class="pop-out-icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z" />
    </svg>
  );
}
