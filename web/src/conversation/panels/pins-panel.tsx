import { t } from "../../i18n/i18n.ts";
import { Empty } from "../../ui/missing/empty.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { Found } from "./found.tsx";
import { Panel } from "./panel.tsx";
import { usePins } from "./use-pins.ts";

/** The pinned messages of a conversation, the one that was pinned last first. */
export function PinsPanel({ id }: { id: number }) {
  const { value, problem, reload } = usePins(id);
  return (
    <Panel title={t("pins.title")} id={id}>
      <div class="panel-list">
        {problem && (
          <p class="problem">
            {problem}{" "}
            <button class="link" type="button" onClick={reload}>
              {t("action.retry")}
            </button>
          </p>
        )}
        {!value && !problem && <Placeholder />}
        {value?.items.length === 0 && <Empty icon="pin" text={t("pins.none")} />}
        <ol class="hits">
          {value?.items.map((message) => (
            <Found key={message.seq} message={message} panel="pins" />
          ))}
        </ol>
      </div>
    </Panel>
  );
}
