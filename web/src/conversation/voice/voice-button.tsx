import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { isComposing } from "../../lib/system/keyboard.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { lazy } from "../../ui/lazy.tsx";
import { toast } from "../../ui/toasts.tsx";
import type { Recording } from "./recorder.ts";
import { problemOf } from "./voice-problem.ts";

const VoiceBar = lazy(async () => (await import("./voice-bar.tsx")).VoiceBar);

/** A press that is shorter than this, in ms, is a click: the recording goes on without holding. */
const CLICK = 350;
/** A shorter recording, in ms, was a mistake. */
const SHORTEST = 500;
/** The pointer cancels and locks behind this way, in px. */
const CANCEL_WAY = 96;
const LOCK_WAY = 64;

/** The body of a message with a recording, before it is uploaded. */
interface VoiceBody {
  url: "";
  duration_ms: number;
  waveform?: number[];
}

/** `holding`: until the button is let go · `locked`: until the user sends or cancels */
type Phase = "idle" | "holding" | "locked";

interface Props {
  /** a recording begins or ends */
  onPhase: (isRecording: boolean) => void;
  onRecorded: (body: VoiceBody, file: File) => void;
}

/**
 * Records while it is held, by a pointer or by a key, and sends then. A click records until the user sends.
 * A way to the side or Escape cancels; a way up locks.
 */
export function VoiceButton({ onPhase, onRecorded }: Props) {
  const [phase, setPhase] = useState<Phase>("idle");
  const [recording, setRecording] = useState<Recording | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  /** what the handlers work on, which may be older than the last render */
  const now = useRef({ attempt: 0, phase, recording, pressed: 0, x: 0, y: 0 });
  const enter = (next: Phase) => {
    now.current.phase = next;
    setPhase(next);
    onPhase(next !== "idle");
  };
  const hold = (next: Recording | null) => {
    now.current.recording = next;
    setRecording(next);
  };

  const begin = async (first: Phase) => {
    if (now.current.phase !== "idle") return;
    const attempt = ++now.current.attempt;
    now.current.pressed = Date.now();
    enter(first);
    try {
      const { record } = await import("./recorder.ts");
      const begun = await record();
      // It was cancelled while the user was asked for the microphone.
      if (attempt !== now.current.attempt) begun.cancel();
      else hold(begun);
    } catch (error) {
      if (attempt === now.current.attempt) end();
      toast(t(problemOf(error)));
    }
  };
  const end = () => {
    now.current.attempt++;
    hold(null);
    enter("idle");
  };
  const cancel = () => {
    now.current.recording?.cancel();
    end();
    button.current?.focus();
  };
  const finish = async () => {
    const { recording: ended } = now.current;
    if (!ended) return cancel();
    if (Date.now() - ended.begun < SHORTEST) {
      cancel();
      return toast(t("voice.short"));
    }
    end();
    button.current?.focus();
    const { file, duration_ms, waveform } = await ended.stop();
    onRecorded({ url: "", duration_ms, ...(waveform.length > 0 && { waveform }) }, file);
  };
  const release = () => {
    if (now.current.phase !== "holding") return;
    // The question for the microphone takes the pointer away: the user goes on by the buttons.
    const isClick = !now.current.recording || Date.now() - now.current.pressed < CLICK;
    if (isClick) enter("locked");
    else void finish();
  };

  const onEscape = useRef(cancel);
  onEscape.current = cancel;
  const isUnderWay = phase !== "idle";
  useLayoutEffect(() => {
    if (!isUnderWay) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposing(event)) return;
      event.preventDefault();
      onEscape.current();
    };
    document.addEventListener("keydown", onKeyDown, true);
    return () => document.removeEventListener("keydown", onKeyDown, true);
  }, [isUnderWay]);
  useEffect(
    () => () => {
      now.current.attempt++;
      now.current.recording?.cancel();
    },
    [],
  );

  return (
    <>
      {isUnderWay && (
        <VoiceBar
          recording={recording}
          isLocked={phase === "locked"}
          onCancel={cancel}
          onSend={() => void finish()}
        />
      )}
      <IconButton
        buttonRef={button}
        icon={LATER.microphone}
        label={t("voice.record")}
        class="icon-button voice-button"
        data-phase={phase}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          now.current = { ...now.current, x: event.clientX, y: event.clientY };
          void begin("holding");
        }}
        onPointerMove={({ clientX, clientY, currentTarget }) => {
          if (now.current.phase !== "holding") return;
          const toStart = getComputedStyle(currentTarget).direction === "rtl" ? -1 : 1;
          if ((now.current.x - clientX) * toStart > CANCEL_WAY) cancel();
          else if (now.current.y - clientY > LOCK_WAY) enter("locked");
        }}
        onPointerUp={release}
        onPointerCancel={() => now.current.phase === "holding" && cancel()}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.key !== " " && event.key !== "Enter") return;
          event.preventDefault();
          if (!event.repeat) void begin("holding");
        }}
        onKeyUp={({ key }) => (key === " " || key === "Enter") && release()}
        // A screen reader clicks without a pointer.
        onClick={({ detail }) => detail === 0 && void begin("locked")}
      />
    </>
  );
}
