import { pastedFiles } from "parley-react/pasted";
import { useEffect, useRef, useState } from "preact/hooks";
import { MAX_SIZE } from "../../conversation/attachments/attachment.ts";
import { t } from "../../i18n/i18n.ts";
import { fileSize } from "../../i18n/units.ts";
import styles from "./attach.css";
// The sending needs no way of its own then: without a connection a file waits for it, too.
import "./send.ts";

export { styles };

interface Props {
  /** the files that are going to be sent */
  files: readonly File[];
  onFiles: (files: readonly File[]) => void;
}

/** Takes files by a button, by dropping and by pasting, and shows those that are going to be sent. */
export function View({ files, onFiles }: Props) {
  const [problems, setProblems] = useState<readonly string[]>([]);
  const input = useRef<HTMLInputElement>(null);
  const add = (added: Iterable<File>) => {
    const all = [...added];
    const taken = all.filter(({ size }) => size > 0 && size <= MAX_SIZE);
    const refused = all.filter((file) => !taken.includes(file));
    setProblems(
      refused.map(({ name, size }) =>
        t(size > 0 ? "attach.tooLarge" : "attach.empty", { name, size: fileSize(MAX_SIZE) }),
      ),
    );
    if (taken.length > 0) onFiles([...files, ...taken]);
  };
  const latest = useRef(add);
  latest.current = add;
  useEffect(
    () => followFiles(input.current?.closest<HTMLElement>(".chat"), (some) => latest.current(some)),
    [],
  );
  const toField = () => input.current?.form?.querySelector("textarea")?.focus();
  return (
    <>
      {(files.length > 0 || problems.length > 0) && (
        <div class="tray" part="tray">
          <ul aria-label={t("attach.tray")}>
            {files.map((file, i) => (
              <li key={`${i} ${file.name}`}>
                <bdi>{file.name}</bdi> <small>{fileSize(file.size)}</small>
                <button
                  type="button"
                  aria-label={t("attach.remove", { name: file.name })}
                  onClick={() => {
                    onFiles(files.filter((one) => one !== file));
                    toField();
                  }}
                >
                  ✕
                </button>
              </li>
            ))}
          </ul>
          {problems.map((problem) => (
            <p key={problem} class="problem" role="alert">
              {problem}
            </p>
          ))}
        </div>
      )}
      <button
        type="button"
        class="attach"
        part="attach"
        aria-label={t("composer.files")}
        title={t("composer.files")}
        onClick={() => input.current?.click()}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7" />
        </svg>
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          add(currentTarget.files ?? []);
          // The same file can be chosen again.
          currentTarget.value = "";
          toField();
        }}
      />
    </>
  );
}

/** Takes the files that are dropped on a chat, or pasted into it. @returns ends it */
function followFiles(
  chat: HTMLElement | null | undefined,
  take: (files: Iterable<File>) => void,
): () => void {
  const end = new AbortController();
  const { signal } = end;
  const hasFiles = (data: DataTransfer | null): data is DataTransfer => !!data?.types.includes("Files");
  chat?.addEventListener("dragover", (event) => hasFiles(event.dataTransfer) && event.preventDefault(), {
    signal,
  });
  chat?.addEventListener(
    "drop",
    (event) => {
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      take(event.dataTransfer.files);
    },
    { signal },
  );
  chat?.addEventListener(
    "paste",
    (event) => {
      const pasted = pastedFiles(event.clipboardData);
      if (pasted.length === 0) return;
      event.preventDefault();
      take(pasted);
    },
    { signal },
  );
  return () => end.abort();
}
