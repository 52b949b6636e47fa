import { st } from "../../i18n/staff.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { type KeptFile, saveKeptFile } from "../calls.ts";

/** The files of the messages that a report keeps. None is loaded before staff asks for it. */
export function ReportFiles({ files }: { files: readonly KeptFile[] }) {
  const { chat } = useAccount();
  const { run, problem } = useAction((file: KeptFile) => saveKeptFile(chat.api, file));
  if (files.length === 0) return null;
  return (
    <section class="card" aria-label={st("report.files")}>
      <h4>{st("report.files")}</h4>
      <p class="status">{st("report.filesHint")}</p>
      <ProblemText text={problem} />
      <ul>
        {files.map((file) => (
          <li key={file.key}>
            <button type="button" class="secondary" onClick={() => void run(file)}>
              {st("report.save", { name: file.name })}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
