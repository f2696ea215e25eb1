/*
 * Runs a simulator app without a display: loads its mc.so and launches it as the simulator does.
 *
 *     host mc.so [collect]
 *
 * With "collect" garbage is collected before an instrumented build tells of its memory, so that it tells what is alive.
 * Lines on stdin go to the app's controls. Lines on stdout are what its controls say (JSON, so they begin with "{"),
 * and what it traces. Ends with 0 when stdin does, and with 1 when the app has aborted.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <glib.h>

#define mxLinux 1
#include "screen.h"

/* The app draws nothing, but its buffer must be there. */
#define WIDTH 1
#define HEIGHT 1

static GMainLoop *loop;
static void (*collect)(void *machine);

static void onAbort(txScreen *screen, int status)
{
	printf("{\"abort\":%d}\n", status);
	exit(1);
}

static void onPost(txScreen *screen, char *message, int size)
{
	if (size == 0)
		printf("%s\n", message);
}

static void onNothing(txScreen *screen)
{
}

static gboolean onIdle(gpointer data)
{
	txScreen *screen = data;
	if (collect && screen->machine)
		(*collect)(screen->machine);
	if (screen->idle)
		(*screen->idle)(screen);
	return TRUE;
}

/* Screen.idle is where instrumented builds tell of their memory. */
static void onStart(txScreen *screen, double interval)
{
	g_timeout_add(100, onIdle, screen);
}

static gboolean onLine(GIOChannel *channel, GIOCondition condition, gpointer data)
{
	txScreen *screen = data;
	gchar *line = NULL;
	gsize end = 0;
	GIOStatus status = g_io_channel_read_line(channel, &line, NULL, &end, NULL);
	if (status == G_IO_STATUS_AGAIN)
		return TRUE;
	if (status != G_IO_STATUS_NORMAL) {
		g_main_loop_quit(loop);
		return FALSE;
	}
	line[end] = 0;
	if (screen->invoke)
		(*screen->invoke)(screen, line, 0);
	g_free(line);
	return TRUE;
}

int main(int argc, char **argv)
{
	void *library = argc >= 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	txScreenLaunchProc launch = library ? (txScreenLaunchProc)dlsym(library, "fxScreenLaunch") : NULL;
	if (!launch) {
		fprintf(stderr, "host: expected the path of an app's mc.so: %s\n", argc >= 2 ? dlerror() : "got none");
		return 2;
	}
	if (argc > 2 && !strcmp(argv[2], "collect"))
		collect = (void (*)(void *))dlsym(library, "fxCollectGarbage");
	/* The SDK's sockets write without MSG_NOSIGNAL: a broker that dies would take the app with it. */
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	txScreen *screen = calloc(1, sizeof(txScreen) + WIDTH * HEIGHT * screenBytesPerPixel);
	screen->width = WIDTH;
	screen->height = HEIGHT;
	screen->abort = onAbort;
	screen->bufferChanged = onNothing;
	screen->formatChanged = onNothing;
	screen->post = onPost;
	screen->start = onStart;
	screen->stop = onNothing;
	mxCreateMutex(&screen->workersMutex);
	(*launch)(screen);

	loop = g_main_loop_new(NULL, FALSE);
	g_io_add_watch(g_io_channel_unix_new(0), G_IO_IN | G_IO_HUP, onLine, screen);
	g_main_loop_run(loop);
	if (screen->quit)
		(*screen->quit)(screen);
	return 0;
}
