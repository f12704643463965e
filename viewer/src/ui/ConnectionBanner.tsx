/** Says over the whole width that the picture is not live, since when, and what happens next. */
import { useState } from "preact/hooks";
import { codeIn } from "../app/token";
import { ageText, sentence } from "../state/format";
import { useModel } from "./context";

export function ConnectionBanner() {
  const model = useModel();
  model.clock.value;
  const { phase, reason, retryAtMs, frameMs, attempt } = model.connection.value;
  if (phase === "live" || (frameMs === 0 && attempt === 0)) return null;
  const old = frameMs > 0 ? `Everything below is ${ageText((Date.now() - frameMs) / 1e3)} old. ` : "";
  if (phase === "stopped" && reason?.code === "not_allowed")
    return <SignIn message={`${sentence(reason.message)} ${sentence(reason.hint)}`} />;
  const wait = Math.max(0, Math.ceil((retryAtMs - Date.now()) / 1e3));
  const next = phase === "stopped" ? "" : phase === "waiting" ? `Next try in ${wait} s.` : "Trying now…";
  return (
    <div class="banner" role="alert">
      <strong>{frameMs > 0 ? "Connection lost." : "No connection to the server."}</strong>
      <span>
        {old}
        {sentence(reason?.message ?? "")} {sentence(reason?.hint ?? "")} {next}
      </span>
      <button type="button" class="button" onClick={() => model.link.retry()}>
        Try now
      </button>
    </div>
  );
}

function SignIn({ message }: { message: string }) {
  const model = useModel();
  const [token, setToken] = useState("");
  const [refused, setRefused] = useState("");
  return (
    <form
      class="banner"
      onSubmit={(event) => {
        event.preventDefault();
        const code = codeIn(token);
        if (code) model.redeem(code).catch((error: Error) => setRefused(sentence(error.message)));
        else model.signIn(token.trim());
      }}
    >
      <strong>Sign in.</strong>
      <span role={refused ? "alert" : undefined}>{refused || message}</span>
      <input
        type="password"
        aria-label="Access token or code"
        placeholder="Access token or code"
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={token.trim() === ""}>
        Connect
      </button>
    </form>
  );
}
