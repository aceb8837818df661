/** Names a request that failed, to the caller and in the log. The official client puts it into its message. */
export const supportIdHeader = 'X-DagsHub-Support-Id';
