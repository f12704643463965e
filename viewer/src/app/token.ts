/** The access token: handed over in the URL's fragment, which no server log sees, and kept for this tab only. */

const KEY = "plantverse.token";

export interface TokenPlaces {
  location: { hash: string; pathname: string; search: string };
  history: { replaceState(data: unknown, unused: string, url: string): void };
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/** Return the token of `#token=...` (and take it out of the address bar), else the one kept, else "". */
export function takeToken({ location, history, storage }: TokenPlaces): string {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  if (given === null) return storage.getItem(KEY) ?? "";
  fragment.delete("token");
  const rest = fragment.toString();
  history.replaceState(null, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  keepToken(storage, given);
  return given;
}

/** Return the code of `#code=...` (and take it out of the address bar), or "". */
export function takeCode({ location, history }: Omit<TokenPlaces, "storage">): string {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get("code") ?? "";
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** The digits of what somebody typed if it is a code and no token, else "". */
export function codeIn(typed: string): string {
  const digits = typed.replace(/[\s-]/g, "");
  return /^\d{6}$/.test(digits) ? digits : "";
}

export function keepToken(storage: TokenPlaces["storage"], token: string): void {
  if (token) storage.setItem(KEY, token);
  else storage.removeItem(KEY);
}
