import { CoreError, Failure } from "../../domain/errors.ts";

/**
 * Evaluates an object's answer to the opening of a socket.
 * @returns the object's own 101, which must be returned unchanged
 * @throws the object's refusal as a `CoreError`
 */
export async function upgraded(response: Response): Promise<Response> {
  if (response.status === 101) return response;
  const { code, detail, data } = Failure.parse(await response.json());
  throw new CoreError(code, detail, data);
}
