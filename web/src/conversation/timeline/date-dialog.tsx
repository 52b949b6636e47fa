import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { go, route } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { toDateField } from "../dialogs/moments.ts";

interface Props {
  /** the conversation */
  id: number;
  /** a moment of the day that is shown at first, in ms since 1970 */
  at: number;
  onClose: () => void;
}

/** Asks for a day, and leads to the first message from then on. */
export function DateDialog({ id, at, onClose }: Props) {
  const { chat } = useAccount();
  const [date, setDate] = useState(() => toDateField(at));
  /** false: the user has closed it, or gone to another conversation */
  const isShown = useRef(true);
  useEffect(
    () => () => {
      isShown.current = false;
    },
    [],
  );
  const { run, isBusy, problem } = useAction(async () => {
    const query = { at: new Date(`${date}T00:00`).getTime(), limit: 1 };
    const path = { id };
    const { items } = await chat.api.call("get", "/v1/conversations/{id}/messages", { path, query });
    if (!isShown.current) return;
    const [first] = items;
    const now = route.peek();
    const isHere = now.view === "conversation" && now.id === id;
    const { at: _, ...place } = isHere ? now : { view: "conversation" as const, id };
    onClose();
    // Without a message from then on the newest ones are the nearest.
    go({ ...place, ...(first && { at: first.seq }) });
  });
  return (
    <Dialog title={t("timeline.toDate")} onClose={onClose}>
      <form
        class="date-form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <input
          type="date"
          required
          aria-label={t("timeline.date")}
          min="1970-01-02"
          max={toDateField(Date.now())}
          value={date}
          onInput={({ currentTarget }) => setDate(currentTarget.value)}
        />
        {problem && <p class="problem">{problem}</p>}
        <button class="primary" type="submit" disabled={isBusy || date === ""}>
          {t("timeline.goToDate")}
        </button>
      </form>
    </Dialog>
  );
}
