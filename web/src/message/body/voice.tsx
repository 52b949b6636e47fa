import type { MediaBody } from "parley-react/message";
import { useRef, useState } from "preact/hooks";
import { duration } from "../../i18n/duration.ts";
import { t } from "../../i18n/i18n.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { toast } from "../../ui/toasts.tsx";
import { playsAlone } from "./player.ts";

const SPEEDS = [1, 1.5, 2] as const;
/** So many bars are drawn. */
const BARS = 48;
/** The height of the drawing, and the least height of a bar. */
const HEIGHT = 32;
const LEAST = 3;

/** A recording: its waveform is where the user sees and sets how far it has played. */
export function Voice({ media }: { media: MediaBody }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number]>(1);
  const [length, setLength] = useState(media.duration / 1000);
  const part = length > 0 ? Math.min(1, at / length) : 0;

  const toggle = () => {
    const { current } = audio;
    if (!current) return;
    if (current.paused) current.play().catch(() => toast(t("message.noSound")));
    else current.pause();
  };
  const seek = (to: number) => {
    setAt(to);
    if (audio.current) audio.current.currentTime = to;
  };
  const nextSpeed = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useMediaCaption: a recording of a user has no captions; its transcript stands below */}
      <audio
        ref={audio}
        src={media.url || undefined}
        preload="none"
        onPlay={({ currentTarget }) => {
          playsAlone(currentTarget);
          currentTarget.playbackRate = speed;
          setPlaying(true);
        }}
        onPause={() => setPlaying(false)}
        onEnded={() => seek(0)}
        onTimeUpdate={({ currentTarget }) => setAt(currentTarget.currentTime)}
        onDurationChange={({ currentTarget }) => {
          // A recording of a browser may not know its length before it has ended.
          if (Number.isFinite(currentTarget.duration)) setLength(currentTarget.duration);
        }}
      />
      <IconButton
        icon={isPlaying ? LATER.pause : LATER.play}
        label={t(isPlaying ? "message.pause" : "message.play")}
        class="icon-button round"
        disabled={!media.url}
        onClick={toggle}
      />
      <span class="wave">
        <Wave levels={media.waveform} />
        <span class="wave-played" style={{ clipPath: `inset(0 ${100 - part * 100}% 0 0)` }}>
          <Wave levels={media.waveform} />
        </span>
        <input
          type="range"
          min={0}
          max={length || 1}
          step={0.1}
          value={at}
          aria-label={t("message.position")}
          aria-valuetext={`${duration(at * 1000)} / ${duration(length * 1000)}`}
          onInput={({ currentTarget }) => seek(Number(currentTarget.value))}
        />
      </span>
      <span class="voice-time">{duration((isPlaying || at > 0 ? at : length) * 1000)}</span>
      <button type="button" class="speed" aria-label={t("message.speed", { n: speed })} onClick={nextSpeed}>
        {`${speed}×`}
      </button>
    </>
  );
}

function Wave({ levels }: { levels: readonly number[] }) {
  const bars = Array.from({ length: BARS }, (_, i) => {
    const level = levels[Math.floor((i * levels.length) / BARS)] ?? 0;
    const height = Math.max(LEAST, (Math.min(100, Math.max(0, level)) / 100) * HEIGHT);
    return `M${i * 4 + 2} ${(HEIGHT - height) / 2}v${height}`;
  });
  return (
    <svg viewBox={`0 0 ${BARS * 4} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={bars.join("")} />
    </svg>
  );
}
