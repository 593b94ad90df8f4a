/* How people write the ten digits: skeletons of strokes, several styles for each. */
#ifndef CG_DATA_GLYPHS_H
#define CG_DATA_GLYPHS_H

enum { CG_GLYPH_POINTS = 12 };

/* Points are in a box of 1 x 1, x to the right and y down.  `strokes` are words of letters, 'a' for
 * point 0; each is a smooth curve through its points, closed when it ends where it began, straight
 * when it has two.  Strokes that share a point meet in a corner. */
typedef struct {
    int digit;
    int weight; /* how often this style is taken, relative to the others of its digit */
    const char *strokes;
    double point[CG_GLYPH_POINTS][2];
} cg_glyph;

extern const cg_glyph cg_glyphs[]; /* ends with digit -1 */

#endif
