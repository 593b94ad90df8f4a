#include "config.h"

#include "verbs.h"

#include "base/file.h"
#include "scene.h"
#include "tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define POINTS "data", "convert", "--label", "label", "--shape", "1,2,2", "points.csv"

/* It has files of MNIST by their names alone. */
#define SERVER "file:///proc/self/cwd/server"

const fault_verb fault_verbs[] = {
    { "train", TRAINS, "none", { "train", "--threads", "2", "--runs", "work", "tiny.yaml" } },
    { "train --format json",
      TRAINS,
      "none",
      { "train", "--max-steps", "3", "--format", "json", "--runs", "work", "tiny.yaml" } },
    { "train --profile",
      TRAINS,
      "none",
      { "train", "--max-steps", "2", "--profile", "work/trace", "--runs", "work", "tiny.yaml" } },
    { "train --resume", TRAINS, "half", { "train", "--threads", "1", "--resume=work/tiny" } },
    { "train --verify", READS, NULL, { "train", "--verify", "tiny.yaml" } },
    { "eval", READS, NULL, { "eval", "full/tiny" } },
    { "eval --format json", READS, NULL, { "eval", "--format", "json", "full/tiny" } },
    { "predict", READS, NULL, { "predict", "--index", "0,3", "full/tiny" } },
    { "predict --format json",
      READS,
      NULL,
      { "predict", "--format", "json", "--index", "0", "full/tiny" } },
    { "report", WRITES, "full", { "report", "--threads", "1", "work/tiny" } },
    { "diff", READS, NULL, { "diff", "full/tiny", "full/tiny" } },
    { "diff --format json", READS, NULL, { "diff", "--format", "json", "full/tiny", "full/tiny" } },
    { "diff --replay", READS, NULL, { "diff", "--replay", "full/tiny", "full/tiny" } },
    { "check", READS, NULL, { "check", "tiny.yaml" } },
    { "render", READS, NULL, { "render", "--set", "train.epochs=4", "tiny.yaml" } },
    { "summary", READS, NULL, { "summary", "tiny.yaml" } },
    { "summary --format json", READS, NULL, { "summary", "--format", "json", "tiny.yaml" } },
    { "graph", READS, NULL, { "graph", "tiny.yaml" } },
    { "augment", WRITES, "none", { "augment", "--out", "work/sheet", "tiny.yaml" } },
    { "gradcheck OP", READS, NULL, { "gradcheck", "relu" } },
    { "gradcheck MODEL", READS, NULL, { "gradcheck", "tiny.yaml" } },
    { "gradcheck --format json", READS, NULL, { "gradcheck", "--format", "json", "add" } },
    { "ops", READS, NULL, { "ops" } },
    { "ops --format json", READS, NULL, { "ops", "--format", "json" } },
    { "doctor", EXAMINES, NULL, { "doctor" } },
    { "bench",
      EXAMINES,
      NULL,
      { "bench", "--repeats", "1", "--seconds", "0.001", "--profile", "tiny.yaml" } },
    { "data info", READS, NULL, { "data", "info", "tiny.yaml" } },
    { "data info --format json", READS, NULL, { "data", "info", "--format", "json", "tiny.yaml" } },
    { "data info of .csv", READS, NULL, { "data", "info", "--label", "label", "points.csv" } },
    { "data info of .npy", READS, NULL, { "data", "info", "points.npy" } },
    { "data info of .npz", READS, NULL, { "data", "info", "points.npz" } },
    { "data info of .idx", READS, NULL, { "data", "info", "points.idx" } },
    { "data info of a folder", READS, NULL, { "data", "info", "points" } },
    { "data convert to .csv", WRITES, "none", { POINTS, "work/p.csv" } },
    { "data convert to .npy", WRITES, "none", { POINTS, "work/p.npy" } },
    { "data convert to .npz", WRITES, "none", { POINTS, "work/p.npz" } },
    { "data convert to .idx", WRITES, "none", { POINTS, "work/p.idx" } },
    { "data convert to a folder", WRITES, "none", { POINTS, "work/p" } },
#ifdef HAVE_CURL
    { "data fetch",
      REFUSES,
      "none",
      { "data", "fetch", "mnist", "--to", "work", "--from", SERVER } },
#endif
    { .name = NULL },
};

int verb_code(const fault_verb *verb)
{
    return verb->kind == REFUSES ? 4 : 0;
}

void verb_prepare(const fault_verb *verb)
{
    if (verb->from) scene_copy(verb->from);
}

void verb_keep(const fault_verb *verb)
{
    rename("out", "out.sound");
    if (verb->from) tree_copy("work", "sound");
}

static const char *unlike_sound(const fault_verb *verb)
{
    if (verb->kind != EXAMINES && !tree_same_lines("out", "out.sound"))
        return "nothing seemed to fail, but it printed something else";
    bool same = !verb->from || (verb->kind == TRAINS ? scene_same_run : tree_same)("work", "sound");
    return same ? NULL : "nothing seemed to fail, but it wrote something else";
}

static const char *does_not_begin_anew(const fault_verb *verb)
{
    int status = scene_run(NULL, verb->words);
    bool is_same =
        WIFEXITED(status) && WEXITSTATUS(status) == verb_code(verb) && tree_same("work", "sound");
    return is_same ? NULL : "the next time it comes to something else";
}

static const char *does_not_go_on(void)
{
    if (!cg_file_exists("work/tiny/model.yaml")) return NULL;
    if (SCENE_RUN("train", "--threads", "1", "--resume=work/tiny") != 0) return "it is not resumed";
    return scene_same_run("work", "full") ? NULL : "resumed, it comes to something else";
}

const char *verb_damage(const fault_verb *verb, int code)
{
    const char *damage = verb->from ? scene_damage("work") : NULL;
    if (damage) return damage;
    if (code == verb_code(verb)) return unlike_sound(verb);
    if (verb->kind == REFUSES) return does_not_begin_anew(verb);
    if (verb->kind == WRITES && !tree_same("work", verb->from) && !tree_same("work", "sound"))
        return "it left something that is not whole";
    return verb->kind == TRAINS ? does_not_go_on() : NULL;
}
