import { causeChain, count, failureMessage, failures } from './index.js';
const maxShown = 9;
const maxLogged = 1e3;
function reportedFailures(stepFailures, records) {
	const byKey = new Map();
	const add = (key, failure, concerned) => {
		if (!byKey.has(key)) byKey.set(key, { failure, records: concerned });
	};
	for (const failure of stepFailures) add(failure.message, failure, []);
	const causes = Map.groupBy(records, ({ failure }) => failure && sharedCause(failure));
	for (const [cause, concerned] of causes) {
		if (!cause) continue;
		const videos =
			concerned.length > 1
				? [...new Map(concerned.map((record) => [record.videoId, record])).values()]
				: concerned;
		if (videos.length > 1) add(cause.message, cause, videos);
		else for (const record of concerned) add(keyOf(record), record.failure ?? cause, [record]);
	}
	return [...byKey.values()];
}
function keyOf(record) {
	const { failure, videoId } = record;
	const concernsType = failure && failures[failure.kind].scope === 'type';
	return `${videoId} ${concernsType ? failure.message : failure?.kind}`;
}
function annotate(reported, runner) {
	for (const failure of reported.slice(0, maxShown)) runner.error(messageOf(failure), titleOf(failure));
	const others = reported.slice(maxShown);
	if (others.length === 0) return;
	const more = count(others.length, 'more failure');
	runner.startGroup(more);
	for (const failure of others.slice(0, maxLogged)) {
		runner.info(`${titleOf(failure)}: ${messageOf(failure)}`);
	}
	const unlogged = others.length - maxLogged;
	if (unlogged > 0) runner.info(`${count(unlogged, 'more failure')}: in the results file alone`);
	runner.endGroup();
	const where = 'in the log above this line, and in the file of the output `results-file`';
	runner.error(`${more}: ${where}.`, 'More failures');
}
function titleOf({ failure }) {
	return failures[failure.kind].title;
}
function messageOf({ failure, records }) {
	const [first] = records;
	if (records.length > 1) {
		return `${failure.message} This concerns ${count(records.length, 'video')}.`;
	}
	return (first && failureMessage(first)) ?? failure.message;
}
function sharedCause(failure) {
	return failure.isEndOfStep ? failure : failure.origin;
}
function stackTrace(failure) {
	return causeChain(failure)
		.map((cause) => (Error.isError(cause) ? (cause.stack ?? cause.message) : String(cause)))
		.join('\ncaused by ');
}
export { annotate, reportedFailures, sharedCause, stackTrace };
