const encodeErrors = new Map([
	['ERR_NON_VIDEO', 'the upload is not a video'],
	['ERR_DURATION_EXCEED_CONSTRAINT', 'the video is longer than its upload allowed (`maxDurationSeconds`)'],
	['ERR_FETCH_ORIGIN_ERROR', 'the video could not be fetched from its link'],
	['ERR_MALFORMED_VIDEO', 'the file is damaged, or its codec or container is not supported'],
	['ERR_DURATION_TOO_SHORT', 'the video is shorter than 0.1 s'],
	['ERR_UNKNOWN', 'Cloudflare does not know the reason'],
]);
function errorReason({ status: { reasonCode, reasonText } }) {
	const meaning = reasonCode === undefined ? undefined : encodeErrors.get(reasonCode);
	const words = [reasonText && `\u{201C}${reasonText}\u{201D}`, reasonCode].filter(Boolean).join(', ');
	return [meaning, meaning && words ? `(${words})` : words].filter(Boolean).join(' ') || undefined;
}
export { errorReason };
