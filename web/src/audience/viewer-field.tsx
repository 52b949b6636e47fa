import type { ViewedGroup } from "parley-client/audience";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isChannel, mayWrite, titleOf } from "../group/rights.ts";
import { t } from "../i18n/i18n.ts";
import { newId } from "../lib/new-id.ts";
import { hasKeyboard, isComposing } from "../lib/system/keyboard.ts";
import { closing } from "../list/shown.ts";
import { useAccount } from "../state/context.ts";
import { sendKey } from "../state/send-key.ts";
import { useAction } from "../state/use-action.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { ProblemText } from "../ui/problem-text.tsx";

/** The most characters of a text. */
const MAX_TEXT = 8_000;

interface Props {
  conversation: ViewedGroup;
}

/** Where who looks becomes a member, by writing or by a button, or why they do not write. */
export function ViewerField({ conversation }: Props) {
  const { chat } = useAccount();
  const path = { id: conversation.id };
  const join = useAction(() => chat.api.call("post", "/v1/conversations/{id}/join", { path }));
  const isOfSpace = isChannel(conversation);
  const closed =
    (isOfSpace && closing.value({ id: conversation.id }, 0)) ||
    (conversation.may_write === "admins" && t("composer.closed.admins"));
  // Who writes in a channel follows it.
  if (!closed && (isOfSpace || mayWrite(conversation))) return <Field conversation={conversation} />;
  return (
    <div class="composer-closed">
      {closed || t("audience.membersWrite")}{" "}
      {!closed && (
        <button class="link" type="button" disabled={join.isBusy} onClick={() => void join.run()}>
          {t("invitation.join")}
        </button>
      )}
      <ProblemText text={join.problem} />
    </div>
  );
}

function Field({ conversation }: Props) {
  const { id } = conversation;
  const { chat } = useAccount();
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  /** the same for each try of a message, so that it is stored once */
  const clientMsgId = useRef(newId());
  const hasSent = useRef(false);
  const name = titleOf(conversation);
  const label = t("composer.placeholder", { name });
  const send = useAction(async () => {
    const body = { kind: "text", body: { text: text.trim() }, client_msg_id: clientMsgId.current } as const;
    hasSent.current = true;
    await chat.api.call("post", "/v1/conversations/{id}/messages", { path: { id }, body });
    clientMsgId.current = newId();
    setText("");
  });
  // The page of a member comes in its place: who types goes on there.
  useLayoutEffect(
    () => () => {
      if (!hasSent.current || !hasKeyboard()) return;
      queueMicrotask(() => document.querySelector<HTMLElement>(".composer textarea")?.focus());
    },
    [],
  );
  const isEmpty = text.trim() === "";
  const submit = () => !isEmpty && void send.run();
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ProblemText text={send.problem} />
      <div class="composer-row">
        <div class="composer-field">
          <textarea
            ref={area}
            rows={1}
            dir="auto"
            maxLength={MAX_TEXT}
            value={text}
            placeholder={label}
            aria-label={label}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
            onKeyDown={(event) => {
              const isKey = sendKey.value === "enter" ? !event.shiftKey : event.ctrlKey || event.metaKey;
              if (event.key !== "Enter" || !isKey || isComposing(event)) return;
              event.preventDefault();
              submit();
            }}
          />
        </div>
        <IconButton
          icon="send"
          label={t("composer.send")}
          type="submit"
          class="icon-button submit"
          disabled={isEmpty || send.isBusy}
        />
      </div>
      <p class="composer-left">{t(isChannel(conversation) ? "spaces.writingFollows" : "audience.hint")}</p>
    </form>
  );
}
