import type { Message } from "parley-client";
import { useEffect, useRef, useState } from "preact/hooks";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { percent } from "../../i18n/units.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { toast } from "../../ui/toasts.tsx";

type PollMessage = Extract<Message, { revoked: false; kind: "poll" }>;

/** The longest time of a timer of browsers, in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;
const NONE: readonly number[] = [];

/** Votes that the user wants. */
interface Wanted {
  readonly options: readonly number[];
  /** the `rev` of the message that has them; `Infinity`: the server has not answered */
  readonly rev: number;
}

const VotersDialog = lazy(async () => (await import("./voters-dialog.tsx")).VotersDialog);

/** A poll: the user chooses, and sees how all have chosen once they have, or once it has ended. */
export function Poll({ message }: { message: PollMessage }) {
  const { chat } = useAccount();
  const { conversation_id: id, seq, body } = message;
  const stored = message.votes ?? NONE;
  const [wanted, setWanted] = useState<Wanted>({ options: NONE, rev: 0 });
  /** the calls so far: they go one after another, so that the last one counts */
  const calls = useRef<Promise<unknown>>(Promise.resolve());
  const hasEnded = useEnd(message);
  const votes = message.rev < wanted.rev ? wanted.options : stored;

  const vote = (options: readonly number[]) => {
    const wish = { options, rev: Infinity };
    setWanted(wish);
    const settle = (rev: number) => setWanted((now) => (now === wish ? { options, rev } : now));
    const input = { path: { id, seq }, body: { options: [...options] } };
    calls.current = calls.current
      .then(() => chat.api.call("put", "/v1/conversations/{id}/messages/{seq}/votes", input))
      .then(
        ({ rev }) => settle(rev),
        (error) => {
          settle(0);
          toast(reason(error));
        },
      );
  };
  const choose = (option: number, isChosen: boolean) => {
    const others = body.multiple ? votes.filter((one) => one !== option) : [];
    vote(isChosen ? [...others, option].toSorted((a, b) => a - b) : others);
  };
  const tally = withVotes(message, votes);
  const areShown = hasEnded || votes.length > 0;
  const name = `poll-${id}-${seq}`;
  return (
    <fieldset class="poll">
      <legend dir="auto">{body.question}</legend>
      <small>
        {[
          t(body.multiple ? "vote.multiple" : "vote.single"),
          ...(body.anonymous ? [t("vote.anonymous")] : []),
        ].join(" · ")}
      </small>
      {body.options.map((option, i) => {
        const count = tally.counts[i] ?? 0;
        const part = tally.voters > 0 ? count / tally.voters : 0;
        return (
          <div class="poll-option" key={option}>
            <label>
              <input
                type={body.multiple ? "checkbox" : "radio"}
                name={name}
                checked={votes.includes(i)}
                disabled={hasEnded}
                onChange={({ currentTarget }) => choose(i, currentTarget.checked)}
              />
              <span dir="auto">{option}</span>
            </label>
            {areShown && (
              <>
                <button
                  type="button"
                  class="poll-count"
                  disabled={body.anonymous || count === 0}
                  title={body.anonymous ? undefined : t("vote.whoVoted")}
                  onClick={() =>
                    showDialog((close) => <VotersDialog message={message} option={i} onClose={close} />)
                  }
                >
                  {t("vote.count", { n: count, percent: percent(part) })}
                </button>
                <span class="poll-bar" aria-hidden="true">
                  <span style={{ inlineSize: `${part * 100}%` }} />
                </span>
              </>
            )}
          </div>
        );
      })}
      <small class="poll-end">
        <span>{t("vote.voters", { n: tally.voters })}</span>
        {hasEnded && <span>{t("vote.ended")}</span>}
        {!hasEnded && body.ends_at > 0 && <span>{t("vote.endsAt", { at: when(body.ends_at) })}</span>}
        {!hasEnded && votes.length > 0 && (
          <button type="button" class="link" onClick={() => vote([])}>
            {t("vote.withdraw")}
          </button>
        )}
      </small>
    </fieldset>
  );
}

/** The tally as it is once the server has the votes that the user wants. */
function withVotes({ poll, votes: stored = [], body }: PollMessage, votes: readonly number[]) {
  const counts = poll?.counts ?? body.options.map(() => 0);
  const change = (option: number) => Number(votes.includes(option)) - Number(stored.includes(option));
  return {
    counts: counts.map((count, i) => count + change(i)),
    voters: (poll?.voters ?? 0) + Number(votes.length > 0) - Number(stored.length > 0),
  };
}

/** Whether a poll has ended, by the clock of the page. */
function useEnd({ body: { ends_at: endsAt }, poll }: PollMessage): boolean {
  const [, setNow] = useState(0);
  useEffect(() => {
    const left = endsAt - Date.now();
    if (left <= 0 || left > LONGEST_TIMER) return;
    const timer = setTimeout(() => setNow(Date.now()), left);
    return () => clearTimeout(timer);
  }, [endsAt]);
  return (poll?.closed_at ?? 0) > 0 || (endsAt > 0 && endsAt <= Date.now());
}
