import { CoreError, Failure } from "../../domain/errors.ts";

/**
 * What an object that was asked for a socket answered.
 * @returns its own 101, to be handed on untouched
 * @throws what it refused
 */
export async function upgraded(response: Response): Promise<Response> {
  if (response.status === 101) return response;
  const { code, detail, data } = Failure.parse(await response.json());
  throw new CoreError(code, detail, data);
}
