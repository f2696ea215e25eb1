/*
 * In: a script that defines step(text), then one line after the other. Out: for each line, one with what step gave.
 * Never: gives the script timers, files or a network; lets it go past the budgets that it was started with.
 *
 *   parkmate-xs BUNDLE HEAP_BYTES INSTRUCTIONS
 *
 * HEAP_BYTES is what may be alive after a step beyond what was when the script was loaded: on a board, code and classes
 * lie in flash. INSTRUCTIONS is what one step may take. 0 is no budget. The line "?" collects garbage and answers with
 * {"liveBytes","instructions","steps","slotBytes","version"}; instructions count all steps since the start.
 * Whatever goes wrong ends the process with 1 and a line on stderr.
 */
#include <signal.h>
#include "xsAll.h"
#include "xs.h"

/* How often the instructions are compared with their budget. */
#define METER_INTERVAL 1000

static unsigned long heapBudgetBytes;
static txU4 instructionBudget;
static double instructions;
static unsigned long steps;
static long loadedBytes;

static long aliveBytes(txMachine* the)
{
	return (long)the->currentHeapCount * (long)sizeof(txSlot) + (long)the->currentChunksSize;
}

static void fail(const char* what, const char* detail)
{
	fflush(stdout);
	fprintf(stderr, "step %lu: %s%s\n", steps, what, detail);
	exit(1);
}

void fxAbort(txMachine* the, int status)
{
	(void)the;
	if (status == XS_NOT_ENOUGH_MEMORY_EXIT) fail("memory full", "");
	if (status == XS_STACK_OVERFLOW_EXIT) fail("stack overflow", "");
	if (status == XS_TOO_MUCH_COMPUTATION_EXIT) {
		char detail[80];
		snprintf(detail, sizeof detail, " than %u instructions", instructionBudget);
		fail("took more", detail);
	}
	if (status == XS_UNHANDLED_REJECTION_EXIT) fail("unhandled rejection", "");
	fail("the engine gave up", "");
}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

static txBoolean isWithinBudget(txMachine* the, txU4 index)
{
	(void)the;
	return instructionBudget == 0 || index <= instructionBudget;
}

/* Calls global `name` with `text`, runs the jobs that it left, and prints the answer if there is to be one. */
static void call(txMachine* machine, const char* name, const char* text, int answers)
{
	xsBeginHost(machine);
	{
		xsVars(1);
		xsTry {
			xsVar(0) = xsString((char*)text);
			xsResult = xsCall1(xsGlobal, xsID(name), xsVar(0));
			while (the->promiseJobs) {
				the->promiseJobs = 0;
				fxRunPromiseJobs(the);
			}
			fxEndJob(the);
			fxCheckUnhandledRejections(the, 1);
			if (answers) {
				fputs(xsToString(xsResult), stdout);
				fputc('\n', stdout);
			}
		}
		xsCatch {
			fail("", xsToString(xsException));
		}
	}
	xsEndHost(machine);
}

static void step(txMachine* machine, const char* line)
{
	steps++;
	machine->meterIndex = 0;
	machine->meterCount = METER_INTERVAL;
	call(machine, "step", line, 1);
	instructions += machine->meterIndex;
	if (heapBudgetBytes == 0 || aliveBytes(machine) - loadedBytes <= (long)heapBudgetBytes) return;
	fxCollectGarbage(machine);
	long excessBytes = aliveBytes(machine) - loadedBytes;
	if (excessBytes <= (long)heapBudgetBytes) return;
	char detail[80];
	snprintf(detail, sizeof detail, " %lu bytes of heap, got %ld", heapBudgetBytes, excessBytes);
	fail("must take at most", detail);
}

static void describe(txMachine* machine)
{
	fxCollectGarbage(machine);
	printf("{\"liveBytes\":%ld,\"instructions\":%.0f,\"steps\":%lu,\"slotBytes\":%d,\"version\":\"%d.%d.%d\"}\n",
		aliveBytes(machine) - loadedBytes, instructions, steps, (int)sizeof(txSlot),
		XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION);
}

static char* readAll(const char* path)
{
	FILE* file = fopen(path, "rb");
	if (!file) fail("can't read ", path);
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	rewind(file);
	char* text = malloc(size + 1);
	if (!text || fread(text, 1, size, file) != (size_t)size) fail("can't read ", path);
	text[size] = 0;
	fclose(file);
	return text;
}

int main(int argc, char* argv[])
{
	/* Ctrl-C is for whoever started it, to end it in order; it ends when its stdin does. */
	signal(SIGINT, SIG_IGN);
	if (argc != 4) fail("takes BUNDLE HEAP_BYTES INSTRUCTIONS", "");
	heapBudgetBytes = strtoul(argv[2], NULL, 10);
	instructionBudget = (txU4)strtoul(argv[3], NULL, 10);
	/* Grows in small steps, so that garbage is collected about as often as on a board. */
	xsCreation creation = {
		.initialChunkSize = 256 * 1024, .incrementalChunkSize = 4 * 1024,
		.initialHeapCount = 8 * 1024, .incrementalHeapCount = 256,
		.stackCount = 2048,
		.initialKeyCount = 4096, .incrementalKeyCount = 256,
		.nameModulo = 1993, .symbolModulo = 127,
		.parserBufferSize = 4 * 1024 * 1024, .parserTableModulo = 1993,
	};
	fxInitializeSharedCluster();
	txMachine* machine = xsCreateMachine(&creation, "parkmate", NULL);
	if (!machine) fail("can't make a machine", "");
	char* bundle = readAll(argv[1]);
	fxBeginMetering(machine, isWithinBudget, METER_INTERVAL);
	txU4 budget = instructionBudget;
	instructionBudget = 0;
	call(machine, "eval", bundle, 0);
	instructionBudget = budget;
	free(bundle);
	fxCollectGarbage(machine);
	loadedBytes = aliveBytes(machine);

	char* line = NULL;
	size_t capacity = 0;
	ssize_t length;
	while ((length = getline(&line, &capacity, stdin)) > 0) {
		if (line[length - 1] == '\n') line[length - 1] = 0;
		if (strcmp(line, "?") == 0) describe(machine);
		else step(machine, line);
		fflush(stdout);
	}
	return 0;
}
