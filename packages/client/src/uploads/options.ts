/** How a file is uploaded. */
export interface UploadOptions {
  /**
   * the name of the upload, 1 to 64 characters: a later call with it and the same file goes on where this
   * one ended
   */
  id?: string;
  /** whether a photograph keeps what it tells besides its pixels, such as its place */
  keepMetadata?: boolean;
  /** hears of the part that is uploaded, from 0 to 1 by hundredths */
  onProgress?: (part: number) => void;
  /** cancels the upload: the server deletes what it has of it */
  signal?: AbortSignal;
}
