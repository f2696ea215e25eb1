/*
 * What XS asks of the system that it is built for: POSIX, one machine in one thread. XS's own defaults do the rest.
 * Named by -DXSPLATFORM in the Makefile.
 */
#ifndef PARKMATE_PLATFORM_H
#define PARKMATE_PLATFORM_H

#ifdef __APPLE__
	#undef mxMacOSX
	#define mxMacOSX 1
#else
	#undef mxLinux
	#define mxLinux 1
#endif

#include <arpa/inet.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))
#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1

/* As on desktop builds of XS: identifiers fill the slot's free half, and slots are 32 bytes. With 32 bits they are 16, as on an ESP32. */
#if INTPTR_MAX == INT64_MAX
	#define mx32bitID 1
#endif

/* host.c has the jobs of promises and the end; no module is ever looked for, as the firmware comes as one script. */
#define mxMachinePlatform \
	int promiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	txMachine* waiterLink;
#define mxUseDefaultMachinePlatform 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1
#define mxUseDefaultFindModule 1
#define mxUseDefaultLoadModule 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

#endif
