import { useEffect, useState } from "preact/hooks";
import { listed } from "../../i18n/format.ts";
import { st } from "../../i18n/staff.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import type { Verdict } from "../calls.ts";
import { flawsOf, type RuleDraft, rulesOf } from "./draft.ts";

/** How long the text and the rules have to be still before they are tried, in ms. */
const PAUSE = 300;

interface Tried {
  verdict?: Verdict;
  problem: string;
}

/** What the rules of the draft would do with a text; undefined: there is none, or no answer yet. */
export function useTrial(text: string, drafts: readonly RuleDraft[]): Tried | undefined {
  const { chat } = useAccount();
  const [tried, setTried] = useState<Tried>();
  useEffect(() => {
    if (!text) return setTried(undefined);
    const end = new AbortController();
    const body = { text, items: rulesOf(drafts) };
    const timer = setTimeout(() => {
      chat.api.call("post", "/v1/moderation/rules/trial", { body }, { signal: end.signal }).then(
        (verdict) => !end.signal.aborted && setTried({ verdict, problem: "" }),
        (error) => {
          if (end.signal.aborted) return;
          setTried({ problem: flawsOf(error, drafts) ? st("rules.tryFlaw") : reason(error) });
        },
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      end.abort();
    };
  }, [chat, text, drafts]);
  return tried;
}

interface Props {
  text: string;
  tried: Tried | undefined;
  onInput: (text: string) => void;
}

/** A field for a text, and what the rules would do with it. */
export function Trial({ text, tried, onInput }: Props) {
  const { verdict, problem } = tried ?? {};
  return (
    <div class="admin-search">
      <label class="field">
        {st("rules.try")}
        <textarea
          dir="auto"
          value={text}
          aria-describedby="try-hint"
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
      </label>
      <small id="try-hint">{st("rules.tryHint")}</small>
      <div class="admin-tried" role="status">
        {problem && <p class="problem">{problem}</p>}
        {verdict && (
          <p>
            <strong>{st(`rules.would.${verdict.action ?? "accept"}`)}</strong>{" "}
            {verdict.rules.length > 0 && st("rules.by", { rules: listed(verdict.rules) })}
          </p>
        )}
        {verdict?.action === "mask" && <q dir="auto">{verdict.text}</q>}
      </div>
    </div>
  );
}
