import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { duration } from "../../i18n/duration.ts";
import { t } from "../../i18n/i18n.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import type { Recording } from "./recorder.ts";

/** The level is measured this often, in ms, and so many levels are shown. */
const EVERY = 100;
const SHOWN = 40;

interface Props {
  /** null: the user is asked for the microphone */
  recording: Recording | null;
  isLocked: boolean;
  onCancel: () => void;
  onSend: () => void;
}

/** What is shown in place of the field while the user speaks. */
export function VoiceBar({ recording, isLocked, onCancel, onSend }: Props) {
  const [levels, setLevels] = useState<readonly number[]>([]);
  const [length, setLength] = useState(0);
  const send = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!recording) return;
    const timer = setInterval(() => {
      setLength(Date.now() - recording.begun);
      setLevels((before) => [...before, recording.level()].slice(-SHOWN));
    }, EVERY);
    return () => clearInterval(timer);
  }, [recording]);
  useLayoutEffect(() => {
    if (isLocked && recording) send.current?.focus();
  }, [isLocked, recording]);
  return (
    <div class="voice-bar" data-locked={isLocked}>
      {isLocked && <IconButton icon={LATER.trash} label={t("voice.cancel")} onClick={onCancel} />}
      <span class="voice-dot" />
      <span class="visually-hidden" role="status">
        {recording && t(isLocked ? "voice.locked" : "voice.recording")}
      </span>
      <span class="voice-time">{duration(length)}</span>
      <span class="voice-levels" aria-hidden="true">
        {levels.map((level, i) => (
          <i key={i} style={{ height: `${Math.max(8, Math.min(100, level * 140))}%` }} />
        ))}
      </span>
      {isLocked ? (
        <IconButton
          buttonRef={send}
          icon="send"
          label={t("voice.send")}
          class="icon-button submit"
          onClick={onSend}
        />
      ) : (
        <span class="voice-hint">{t("voice.slide")}</span>
      )}
    </div>
  );
}
