/** A step that failed, in words for the operator. The script ends with it. */
export class DeployFailure extends Error {}
