/* Convolution for Cortex-M with DSP of an image that is small beside its padding, or whose windows
 * are dilated: it is laid out with its padding first, the columns of dilated windows side by side, so
 * that tr_conv2d_dsp_s8 reads every window where it is. About 2 instructions a byte of that. */
#include "tinyrob/tr_conv2d_padded_dsp_s8.h"

#include "tr_dsp.h"

/* `n` times a byte. */
static int8_t *fill(int8_t *to, int32_t byte, int32_t n)
{
    for (; n > 0; n--) {
        *to++ = (int8_t)byte;
    }
    return to;
}

static int8_t *copy(int8_t *to, const int8_t *from, int32_t n)
{
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        tr_store4(to, tr_load4(from));
    }
    for (; n > 0; n--) {
        *to++ = *from++;
    }
    return to;
}

/* `n` columns of `c` bytes from column `x` on, which may be in front of the row; it has `width`. */
static int8_t *columns(int8_t *to, const int8_t *row, int32_t x, int32_t n, int32_t width,
                       int32_t c, int32_t zero)
{
    const int32_t first = x > 0 ? x : 0, end = x + n < width ? x + n : width;
    if (first >= end) {
        return fill(to, zero, n * c);
    }
    to = fill(to, zero, (first - x) * c);
    to = copy(to, row + first * c, (end - first) * c);
    return fill(to, zero, (x + n - end) * c);
}

/* The columns of each window of a row, one window's behind those of the one before. */
static int8_t *dilated(int8_t *to, const int8_t *row, const tr_window *w, int32_t c, int32_t zero)
{
    for (int32_t x = -w->pad_left, n = w->out_w; n > 0; n--, x += w->stride_w) {
        for (int32_t t = 0, column = x; t < w->kernel_w; t++, column += w->dilation_w) {
            to = column >= 0 && column < w->in_w ? copy(to, row + column * c, c) : fill(to, zero, c);
        }
    }
    return to;
}

void tr_conv2d_padded_dsp_s8(const tr_conv2d_dsp *conv, const int8_t *in, int8_t *out,
                             void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t c = conv->in_c, is_dilated = w->dilation_w > 1, zero = conv->input_zero_point;
    const int32_t height = (w->out_h - 1) * w->stride_h + (w->kernel_h - 1) * w->dilation_h + 1;
    const int32_t width = is_dilated ? w->out_w * w->kernel_w
                                     : (w->out_w - 1) * w->stride_w + w->kernel_w;
    int8_t *const rest = (int8_t *)scratch + (height * width * c + 3) / 4 * 4;
    tr_conv2d_dsp inner = *conv;
    inner.batches = 1;
    inner.window.in_h = (uint16_t)height;
    inner.window.in_w = (uint16_t)width;
    inner.window.pad_top = inner.window.pad_left = 0;
    inner.window.dilation_w = 1;
    if (is_dilated) {
        inner.window.stride_w = w->kernel_w;
    }
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * c) {
        int8_t *to = scratch;
        for (int32_t y = -w->pad_top; y < height - w->pad_top; y++) {
            const int32_t row = y * w->in_w * c;
            if (y < 0 || y >= w->in_h) {
                to = fill(to, zero, width * c);
            } else if (is_dilated) {
                to = dilated(to, in + row, w, c, zero);
            } else {
                to = columns(to, in + row, -w->pad_left, width, w->in_w, c, zero);
            }
        }
        tr_conv2d_dsp_s8(&inner, scratch, out, rest);
        out += w->out_h * w->out_w * conv->out_c;
    }
}
