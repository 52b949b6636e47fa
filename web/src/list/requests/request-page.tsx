import type { components, Message } from "parley-client";
import { useRef } from "preact/hooks";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { useAccount } from "../../state/context.ts";
import { isGone } from "../../state/problem.ts";
import { go, href } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { useReload } from "../../state/use-reload.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { confirmed } from "../../ui/confirm.tsx";
import { Gone } from "../../ui/missing/gone.tsx";
import { Page } from "../../ui/page.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { toast } from "../../ui/toasts.tsx";

type ShownRequest = components["schemas"]["ShownMessageRequest"];

/**
 * A message request, what it says, and what the user can do about it. Who asks does not learn that it is
 * looked at. @param id of its conversation
 */
export function RequestPage({ id }: { id: number }) {
  const { chat } = useAccount();
  const path = { conversation_id: id };
  const {
    value: request,
    problem,
    error,
    reload,
  } = useLoaded(`${id}`, () => chat.api.call("get", "/v1/requests/{conversation_id}", { path }));
  /** whether this page answers it: its frame says nothing new */
  const isAnswered = useRef(false);
  useReload(
    () => !isAnswered.current && reload(),
    (frame) => frame.type === "message_request" && frame.conversation_id === id,
  );
  const answer = useAction(async (how: "accept" | "ignore" | "report", blocks = false) => {
    isAnswered.current = true;
    try {
      await chat.api.call("put", "/v1/requests/{conversation_id}", { path, body: { answer: how } });
      // It is ignored first: it would be back once the block is lifted.
      const asking = { user_id: request?.user.id ?? 0 };
      if (blocks) await chat.api.call("put", "/v1/blocks/{user_id}", { path: asking });
    } catch (error) {
      isAnswered.current = false;
      throw error;
    }
    if (how === "accept") return go({ view: "conversation", id }, { replace: true });
    toast(t(how === "report" ? "report.sent" : "requests.ignored"));
    go({ view: "requests", id: 0 }, { replace: true });
  });
  const report = async () => {
    if (await confirmed(t("report.action"), t("requests.reportQuestion"))) await answer.run("report");
  };
  const block = async () => {
    if (await confirmed(t("people.block"), t("people.blockQuestion"))) await answer.run("ignore", true);
  };
  return (
    <Page title={t("requests.one")} back={href({ view: "requests", id: 0 })}>
      {isGone(error) ? (
        <Gone text={t("gone.request")} back={href({ view: "requests", id: 0 })} label={t("requests.title")} />
      ) : (
        problem && <p class="problem">{problem}</p>
      )}
      {request && !problem && (
        <>
          <div class="profile">
            <Asking request={request} />
            {!request.group && <p class="status">{t("requests.hint")}</p>}
            <div class="actions">
              <button
                class="primary"
                type="button"
                disabled={answer.isBusy}
                onClick={() => void answer.run("accept")}
              >
                {t("people.accept")}
              </button>
              <button
                class="secondary"
                type="button"
                disabled={answer.isBusy}
                onClick={() => void answer.run("ignore")}
              >
                {t("requests.ignore")}
              </button>
              <button class="secondary" type="button" data-danger="true" onClick={() => void report()}>
                {t("report.action")}
              </button>
              <button class="secondary" type="button" data-danger="true" onClick={() => void block()}>
                {t("people.block")}
              </button>
            </div>
            <ProblemText text={answer.problem} />
          </div>
          <Messages items={request.messages} />
        </>
      )}
    </Page>
  );
}

/** Who asks, and for what. */
function Asking({ request: { conversation_id: id, user, group } }: { request: ShownRequest }) {
  const name = nameOf(user);
  if (!group)
    return (
      <>
        <Avatar id={user.id} name={name} picture={user.avatar} size="large" />
        <h3>
          <bdi data-bot={user.bot}>{name}</bdi>
        </h3>
        <small>@{user.username}</small>
        <p>{t("requests.direct")}</p>
      </>
    );
  return (
    <>
      <Avatar id={id} name={group.name} picture={group.avatar} size="large" />
      <h3>
        <bdi>{group.name}</bdi>
      </h3>
      <small>{t("conversation.members", { n: group.member_count })}</small>
      <p>
        <a href={href({ view: "user", id: user.id })}>{t("requests.group", { name })}</a>
      </p>
    </>
  );
}

/** What they have written, as text alone: nothing of it is loaded or leads anywhere. */
function Messages({ items }: { items: readonly Message[] }) {
  if (items.length === 0) return null;
  return (
    <section class="group asked">
      <h3>{t("requests.messages")}</h3>
      <ol>
        {items.map((message) => (
          <li key={message.seq}>
            <Time at={message.created_at} as={short} />
            <p class="prose" dir="auto">
              {preview(message)}
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
