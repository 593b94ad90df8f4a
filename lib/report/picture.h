/* Small pictures inside the page: PNG in data: URIs. */
#ifndef CG_REPORT_PICTURE_H
#define CG_REPORT_PICTURE_H

#include "report/page.h"

bool cg_can_draw_pictures(void); /* does this build have libpng? */

/* A value of 0..255, rounded; what is beyond is cut, what is no number is 0. */
uint8_t cg_pixel(float value);

/* "data:image/png;base64,..." of height x width pixels, `channels` bytes each (1: grey, 3: RGB):
 * the value of an <img>'s src, of an <image>'s href. */
void cg_put_picture(cg_page *page, int height, int width, int channels, const uint8_t *pixels);

/* RFC 4648, section 4. */
void cg_put_base64(cg_page *page, const uint8_t *bytes, size_t n);

#endif
