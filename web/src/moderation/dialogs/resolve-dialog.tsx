import { useState } from "preact/hooks";
import { st } from "../../i18n/staff.ts";
import { Dialog } from "../../ui/dialog.tsx";
import type { Report } from "../calls.ts";

/** The server takes so many characters. */
const MAX_NOTE = 1_000;
const RESOLUTIONS = ["acted", "dismissed"] as const;

interface Props {
  report: Report;
  /** what came of it, and the note of the staff */
  onResolve: (resolution: (typeof RESOLUTIONS)[number], note: string) => void;
  onClose: () => void;
}

/** Asks what came of a report. */
export function ResolveDialog({ report, onResolve, onClose }: Props) {
  const [resolution, setResolution] = useState<(typeof RESOLUTIONS)[number]>("acted");
  const [note, setNote] = useState(report.staff_note);
  return (
    <Dialog title={st("act.resolve")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          onResolve(resolution, note.trim());
          onClose();
        }}
      >
        <fieldset>
          <legend>{st("report.resolution")}</legend>
          {RESOLUTIONS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="resolution"
                checked={resolution === one}
                onChange={() => setResolution(one)}
              />
              {st(`resolution.${one}`)}
            </label>
          ))}
        </fieldset>
        <label class="field">
          {st("field.note")}
          <textarea
            dir="auto"
            maxLength={MAX_NOTE}
            value={note}
            onInput={({ currentTarget }) => setNote(currentTarget.value)}
          />
        </label>
        <button class="primary" type="submit">
          {st("act.resolve")}
        </button>
      </form>
    </Dialog>
  );
}
