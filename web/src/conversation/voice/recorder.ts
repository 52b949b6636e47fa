import { waveformOf } from "./waveform.ts";

/** What browsers record, the smallest first. */
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

/** What was recorded. */
interface Recorded {
  readonly file: File;
  readonly duration_ms: number;
  /** up to 100 values from 0 to 100; empty: the browser cannot read its recording */
  readonly waveform: number[];
}

/** A recording that is under way. */
export interface Recording {
  /** when it has begun, in ms since 1970 */
  readonly begun: number;
  /** @returns how loud it is now, from 0 to 1 */
  level(): number;
  /** Ends it. */
  stop(): Promise<Recorded>;
  /** Ends it, and forgets what was recorded. */
  cancel(): void;
}

/** Begins to record. @throws the user has no microphone, or does not let the page use it: `problemOf` */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  try {
    return recordFrom(stream);
  } catch (error) {
    // The browser would keep the microphone on.
    release(stream);
    throw error;
  }
}

function recordFrom(stream: MediaStream): Recording {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  const chunks: Blob[] = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const ended = new Promise<void>((resolve) => {
    recorder.onstop = () => resolve();
  });
  const audio = new AudioContext();
  const analyser = new AnalyserNode(audio, { fftSize: 256 });
  audio.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  const end = () => {
    if (recorder.state !== "inactive") recorder.stop();
    release(stream);
  };
  recorder.start();
  const begun = Date.now();
  return {
    begun,
    level: () => {
      analyser.getByteTimeDomainData(samples);
      return Math.max(...samples.map((one) => Math.abs(one - 128))) / 128;
    },
    stop: async () => {
      const length = Date.now() - begun;
      end();
      await ended;
      const [type = "audio/webm"] = recorder.mimeType.split(";");
      const blob = new Blob(chunks, { type });
      const { waveform, duration_ms } = await waveformOf(audio, blob).catch(() => ({
        ...{ waveform: [], duration_ms: length },
      }));
      await audio.close();
      const file = new File([blob], `voice.${type === "audio/mp4" ? "m4a" : type.slice(6)}`, { type });
      return { file, duration_ms, waveform };
    },
    cancel: () => {
      end();
      void audio.close();
    },
  };
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
