import { Problem } from "parley-client";
import { contentOf } from "parley-react/message";
import { useState } from "preact/hooks";
import { listed, when } from "../../i18n/format.ts";
import { st } from "../../i18n/staff.ts";
import { ContentView } from "../../message/body/content-view.tsx";
import { useAccount } from "../../state/context.ts";
import { isGone } from "../../state/problem.ts";
import { useAction } from "../../state/use-action.ts";
import { Icon } from "../../ui/icon.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { toast } from "../../ui/toasts.tsx";
import { type StaffAction, StaffActions } from "../actions.tsx";
import type { HeldMessage } from "../calls.ts";
import { Facts } from "../facts.tsx";
import { staffHref, UserLink, useName } from "../links.tsx";

interface Props {
  held: HeldMessage;
  /** whether it is in the list on screen: else somebody else has decided */
  isListed: boolean;
  mayAct: boolean;
  /** Shows the next message, or the one before. */
  move: (by: 1 | -1) => void;
  onDecided: (held: HeldMessage) => void;
  /** somebody else was quicker, or it cannot be sent */
  onConflict: () => void;
}

type Decision = "accept" | "refuse";

/** A message that a rule has found, in full, and what staff can do about it. */
export function HeldDetail({ held, isListed, mayAct, move, onDecided, onConflict }: Props) {
  const { chat } = useAccount();
  const [failure, setFailure] = useState<Problem>();
  const { id, state, stored } = held;
  const decide = useAction(async (decision: Decision) => {
    setFailure(undefined);
    try {
      const path = { id };
      const body = { decision };
      const decided = await chat.api.call("patch", "/v1/moderation/held/{id}", { path, body });
      toast(st(`done.held.${decision}`));
      onDecided(decided);
    } catch (error) {
      if (!(error instanceof Problem && /conflict|not_found/.test(error.code))) throw error;
      setFailure(error);
      onConflict();
    }
  });
  const run = (decision: Decision) => () => void decide.run(decision);
  const isOpen = mayAct && state === "waiting" && isListed;
  // A message that was accepted may not have been sent: the same decision tries again.
  const maySendAgain = mayAct && !stored && (state === "accepted" || failure?.code === "conflict");
  const conflict =
    failure && st(isGone(failure) ? "held.withdrawn" : "held.conflict", { detail: failure.message });
  const actions: (StaffAction | false)[] = [
    isOpen && { key: "a", label: st("held.accept"), isMain: true, run: run("accept") },
    isOpen && { key: "r", label: st("held.refuse"), run: run("refuse") },
    !isOpen && maySendAgain && { key: "a", label: st("held.again"), isMain: true, run: run("accept") },
    { key: "j", label: st("held.next"), icon: "down", run: () => move(1) },
    { key: "k", label: st("held.previous"), icon: "up", run: () => move(-1) },
  ];
  const name = useName(held.sender_id);
  const title = st("held.title", { name });
  return (
    <>
      <a class="admin-back" href={staffHref({ tab: "held", id: 0 })}>
        <Icon name="back" />
        {st("held.back")}
      </a>
      <ProblemText text={decide.problem || conflict || (isListed ? "" : st("held.decided"))} />
      <article class="admin-report" aria-label={title}>
        <h3>
          <bdi>{title}</bdi> {isListed && <span class="admin-label">{st(`held.state.${state}`)}</span>}
        </h3>
        <StaffActions actions={actions.filter((one) => one !== false)} />
        <section class="card" aria-label={st("held.text")}>
          <h4>{st("held.text")}</h4>
          <ContentView content={contentOf(held.kind, held.body)} />
        </section>
        <Facts
          facts={[
            [st("held.sender"), <UserLink key="sender" id={held.sender_id} />],
            [st("held.hook"), held.hook?.name ?? null],
            [st("held.edits"), held.edits ? `${held.edits}` : null],
            [st("held.conversation"), `${held.conversation_id}`],
            [st("held.at"), when(held.created_at)],
            [st("held.rules"), listed(held.rules)],
            [st("held.what"), state === "waiting" ? st(stored ? "held.whatFlagged" : "held.whatHeld") : null],
          ]}
        />
      </article>
    </>
  );
}
