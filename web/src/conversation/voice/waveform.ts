/** A waveform has so many values. */
const BARS = 64;

/** How loud a recording is from its beginning to its end, and how long it is. @throws it cannot be decoded */
export async function waveformOf(
  audio: AudioContext,
  recording: Blob,
): Promise<{ waveform: number[]; duration_ms: number }> {
  const decoded = await audio.decodeAudioData(await recording.arrayBuffer());
  const samples = decoded.getChannelData(0);
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const peaks = Array.from({ length: Math.min(BARS, samples.length) }, (_, i) =>
    samples.subarray(i * step, (i + 1) * step).reduce((peak, one) => Math.max(peak, Math.abs(one)), 0),
  );
  // A quiet voice fills the drawing as a loud one does.
  const loudest = Math.max(...peaks, 0.05);
  const waveform = peaks.map((peak) => Math.round((100 * peak) / loudest));
  return { waveform, duration_ms: Math.round(decoded.duration * 1000) };
}
