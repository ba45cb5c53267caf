/* verilator lint_off DECLFILENAME */
// A layer folded in time: a few lanes compute what the whole layer is, one word of inputs a cycle.
// Nothing behind tr_lines can be made to wait: tr_lines starts no group of outputs that tr_leave
// would have no room for, so the pipeline between them has no stall, only bubbles.
//
// The toolchain's README (rtl/) says which unit stands where, and how wide each word is.

// Counts steps, 0 to N - 1 and again; `last` is high at N - 1.
module tr_count #(parameter N = 4) (
    input wire clk, input wire rst, input wire step, output wire last
);
    generate
        if (N == 1) begin : g_one
            wire unused = &{1'b0, clk, rst, step};
            assign last = 1'b1;
        end else begin : g_many
            localparam B = $clog2(N);
            localparam BEFORE = N - 2;
            reg [B-1:0] steps;
            reg at_end;
            assign last = at_end;
            always @(posedge clk)
                if (rst) begin
                    steps <= 0;
                    at_end <= 1'b0;
                end else if (step) begin
                    steps <= at_end ? {B{1'b0}} : steps + 1'b1;
                    at_end <= !at_end && steps == BEFORE[B-1:0];
                end
        end
    endgenerate
endmodule

// The rows that a window needs, in a ring of ROWS rows, and the order in which they are read.
// An image comes position by position, WORDS words of BITS a position. For every output position,
// GROUPS times (or once a word with OWN: then a group reads only the word of its own channels),
// the KH x KW window is read, word by word; `fetch` is high for each word, a cycle later the memory
// has been read, and two later `word` holds it: zero, and `outside` high, where the window is
// over the border. `first` and `last` are a group's. A row of outputs starts when NEED (by row)
// rows are there, and RELEASE of them are free when it is done.
module tr_lines #(
    parameter BITS = 8, WORDS = 1, HEIGHT = 8, WIDTH = 8, TOP = 1, LEFT = 1,
    parameter KH = 3, KW = 3, SH = 1, SW = 1, DH = 1, DW = 1, OUT_H = 8, OUT_W = 8,
    parameter GROUPS = 1, OWN = 0, BORDER = 1, ROWS = 4, NB = 3,
    parameter [OUT_H*NB-1:0] NEED = 0, RELEASE = 0
) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [BITS-1:0] in_data,
    input wire room, output wire begins,
    output reg fetch, output reg valid, output reg first, output reg last, output reg outside,
    output reg [BITS-1:0] word
);
    localparam LINE = WIDTH * WORDS, SIZE = ROWS * LINE, AB = SIZE > 1 ? $clog2(SIZE) : 1;
    localparam SPAN = LINE + LEFT * WORDS + (KW * DW + SW) * WORDS, CB = $clog2(SPAN + 1) + 1;
    localparam TALL = HEIGHT + TOP + KH * DH + SH, YB = $clog2(TALL + 1) + 1;
    localparam OB = OUT_H > 1 ? $clog2(OUT_H) : 1;
    localparam INNER = OWN != 0 ? 1 : WORDS;

    // What comes in: one word after the other, as long as a row is free.
    (* no_rw_check *) reg [BITS-1:0] memory [0:SIZE-1];
    reg [AB-1:0] put_at;
    reg [NB-1:0] filled;
    localparam END = SIZE - 1;
    wire row_put;
    assign in_ready = filled != ROWS[NB-1:0] && !rst;
    wire put = in_valid && in_ready;
    tr_count #(LINE) put_count (.clk(clk), .rst(rst), .step(put), .last(row_put));
    always @(posedge clk) begin
        if (put) memory[put_at] <= in_data;
        if (rst) put_at <= 0;
        else if (put) put_at <= put_at == END[AB-1:0] ? {AB{1'b0}} : put_at + 1'b1;
    end

    // The loops, inside out: words of a position, the window's columns, its rows, groups, columns.
    reg going;
    reg [OB-1:0] row;
    wire [NB-1:0] need = NEED[row*NB +: NB], free = RELEASE[row*NB +: NB];
    wire word_end, col_end, win_end, group_end, pos_end, at_start;
    reg fresh; // the next step is a group's first
    assign at_start = fresh;
    wire step = going && (!at_start || room);
    assign begins = step && at_start;
    wire col_step = step && word_end, win_step = col_step && col_end;
    wire group_step = win_step && win_end, pos_step = group_step && group_end;
    wire row_step = pos_step && pos_end;
    tr_count #(INNER) words (.clk(clk), .rst(rst), .step(step), .last(word_end));
    tr_count #(KW) cols (.clk(clk), .rst(rst), .step(col_step), .last(col_end));
    tr_count #(KH) wins (.clk(clk), .rst(rst), .step(win_step), .last(win_end));
    tr_count #(GROUPS) groups (.clk(clk), .rst(rst), .step(group_step), .last(group_end));
    tr_count #(OUT_W) poss (.clk(clk), .rst(rst), .step(pos_step), .last(pos_end));
    localparam LAST_ROW = OUT_H - 1;
    always @(posedge clk) begin
        if (rst) begin
            going <= 1'b0; row <= 0; filled <= 0; fresh <= 1'b1;
        end else begin
            if (step) fresh <= group_step;
            if (row_step) row <= row == LAST_ROW[OB-1:0] ? {OB{1'b0}} : row + 1'b1;
            going <= going ? !row_step : filled >= need;
            filled <= filled + {{(NB-1){1'b0}}, put && row_put} - (row_step ? free : {NB{1'b0}});
        end
    end

    // Where the loops stand: a word's place in its row (left of it: negative), its row in the ring.
    localparam START = -LEFT * WORDS, TO_COL = DW * WORDS - (INNER - 1);
    localparam TO_POS = SW * WORDS - (OWN != 0 ? GROUPS - 1 : 0), TO_GROUP = OWN != 0 ? 1 : 0;
    reg [CB-1:0] col, col_at;
    wire [CB-1:0] col_next = !group_end ? col_at + TO_GROUP[CB-1:0]
                                  : !pos_end ? col_at + TO_POS[CB-1:0] : START[CB-1:0];
    always @(posedge clk)
        if (rst) begin
            col <= START[CB-1:0]; col_at <= START[CB-1:0];
        end else if (step) begin
            if (!word_end) col <= col + 1'b1;
            else if (!col_end) col <= col + TO_COL[CB-1:0];
            else if (!win_end) col <= col_at;
            else begin
                col <= col_next; col_at <= col_next;
            end
        end

    localparam RING = ROWS * 1024; // so that a remainder of what is negative is none
    localparam DOWN = (DH % ROWS) * LINE, NEXT = (SH % ROWS) * LINE;
    localparam AGAIN = ((HEIGHT - (OUT_H - 1) * SH + RING) % ROWS) * LINE;
    localparam TOP_AT = ((RING - TOP) % ROWS) * LINE;
    reg [AB-1:0] line, line_at;
    wire [AB-1:0] line_down, line_next, line_again;
    tr_wrap #(AB, SIZE, DOWN) down (.at(line), .then(line_down));
    tr_wrap #(AB, SIZE, NEXT) next (.at(line_at), .then(line_next));
    tr_wrap #(AB, SIZE, AGAIN) again (.at(line_at), .then(line_again));
    wire [AB-1:0] line_row = row == LAST_ROW[OB-1:0] ? line_again : line_next;
    always @(posedge clk)
        if (rst) begin
            line <= TOP_AT[AB-1:0]; line_at <= TOP_AT[AB-1:0];
        end else if (win_step) begin
            line <= !win_end ? line_down : row_step ? line_row : line_at;
            if (row_step) line_at <= line_row;
        end

    // Whether that is within the image; both compared as unsigned, what is negative is too large.
    wire over;
    generate
        if (BORDER != 0) begin : g_border
            localparam Y_START = -TOP;
            reg [YB-1:0] y, y_at;
            wire [YB-1:0] y_next = row == LAST_ROW[OB-1:0] ? Y_START[YB-1:0] : y_at + SH[YB-1:0];
            always @(posedge clk)
                if (rst) begin
                    y <= Y_START[YB-1:0]; y_at <= Y_START[YB-1:0];
                end else if (win_step) begin
                    y <= !win_end ? y + DH[YB-1:0] : row_step ? y_next : y_at;
                    if (row_step) y_at <= y_next;
                end
            assign over = col >= LINE[CB-1:0] || y >= HEIGHT[YB-1:0];
        end else begin : g_inside
            assign over = 1'b0;
        end
    endgenerate

    // Three registers: the address, the memory's, and the word without the border.
    localparam MB = (AB > CB ? AB : CB) + 1;
    wire [MB-1:0] sum = {{(MB-AB){1'b0}}, line} + {{(MB-CB){col[CB-1]}}, col};
    wire unused = &{1'b0, sum[MB-1:AB]};
    reg [AB-1:0] at;
    reg over1, over2, first1, first2, last1, last2, valid2;
    reg [BITS-1:0] read;
    always @(posedge clk) begin
        at <= sum[AB-1:0]; over1 <= over; first1 <= at_start; last1 <= group_step;
        if (fetch) read <= memory[at];
        over2 <= over1; first2 <= first1; last2 <= last1;
        word <= over2 ? {BITS{1'b0}} : read;
        outside <= over2; first <= first2; last <= last2;
        if (rst) begin
            fetch <= 1'b0; valid2 <= 1'b0; valid <= 1'b0;
        end else begin
            fetch <= step; valid2 <= fetch; valid <= valid2;
        end
    end
endmodule

// `at` + STEP, from 0 again at SIZE.
module tr_wrap #(parameter AB = 4, SIZE = 12, STEP = 3) (
    input wire [AB-1:0] at, output wire [AB-1:0] then
);
    localparam OVER = STEP - SIZE;
    wire [AB:0] up = {1'b0, at} + STEP[AB:0], over = {1'b0, at} + OVER[AB:0];
    // Below SIZE, `over` is negative.
    wire unused = up[AB];
    assign then = over[AB] ? up[AB-1:0] : over[AB-1:0];
endmodule

// PE sums of LANES products each, and their totals over a group. `word` is LANES x CHANNELS values
// of XB bits; with CHANNELS 1 every sum takes all of them, else sum p takes channel p / MANY.
// `weights` holds PE x LANES of WB bits, sum 0 first. `ending` comes a cycle before `done`. KIND: 2 ternary (what it adds for -1 is one
// too little: the bias has it), 1 by shifts and additions, 0 by multipliers, 3 by multipliers of
// two sums each. Totals wrap at AB bits: what fits in them at last is right.
module tr_sums #(
    parameter PE = 1, LANES = 1, CHANNELS = 1, MANY = 1, XB = 8, XSIGNED = 0, WB = 2,
    parameter KIND = 2, AB = 16
) (
    input wire clk, input wire rst,
    input wire valid, input wire first, input wire last,
    input wire [LANES*CHANNELS*XB-1:0] word, input wire [PE*LANES*WB-1:0] weights,
    output wire ending, output wire done, output wire [PE*AB-1:0] totals
);
    localparam LEVELS = $clog2(LANES), DEPTH = LEVELS + (KIND == 1 ? 2 : 1);
    localparam PB = KIND == 2 ? XB + 1 : XB + WB;
    reg [DEPTH-1:0] valids, firsts, lasts;
    wire [DEPTH:0] more_valid = {valids, valid}, more_first = {firsts, first};
    wire [DEPTH:0] more_last = {lasts, last};
    always @(posedge clk) begin
        valids <= rst ? {DEPTH{1'b0}} : more_valid[DEPTH-1:0];
        firsts <= more_first[DEPTH-1:0];
        lasts <= more_last[DEPTH-1:0];
    end
    reg finished;
    assign ending = valids[DEPTH-1] && lasts[DEPTH-1];
    assign done = finished;
    always @(posedge clk) finished <= !rst && ending;
    wire unused_tops = &{1'b0, more_valid[DEPTH], more_first[DEPTH], more_last[DEPTH]};

    wire [PE*LANES*PB-1:0] products;
    genvar p, i;
    generate
        for (p = 0; p < PE; p = p + 1) begin : g_sum
            for (i = 0; i < LANES; i = i + 1) begin : g_lane
                localparam X = CHANNELS == 1 ? i : p / MANY;
                if (KIND == 3 && p % 2 == 0 && p + 1 < PE) begin : g_two
                    tr_product2 #(.XB(XB), .XSIGNED(XSIGNED), .WB(WB)) two (.clk(clk),
                        .x(word[X*XB +: XB]), .v(weights[(p*LANES+i)*WB +: WB]),
                        .w(weights[((p+1)*LANES+i)*WB +: WB]),
                        .xv(products[(p*LANES+i)*PB +: PB]),
                        .xw(products[((p+1)*LANES+i)*PB +: PB]));
                end else if (KIND != 3 || p % 2 == 0) begin : g_one
                    tr_product #(.XB(XB), .XSIGNED(XSIGNED), .WB(WB), .KIND(KIND)) one (.clk(clk),
                        .x(word[X*XB +: XB]), .w(weights[(p*LANES+i)*WB +: WB]),
                        .xw(products[(p*LANES+i)*PB +: PB]));
                end
            end
            wire [PB+LEVELS-1:0] sum;
            tr_tree #(.N(LANES), .BITS(PB), .LEVELS(LEVELS)) tree (.clk(clk),
                .values(products[p*LANES*PB +: LANES*PB]), .sum(sum));
            reg [AB-1:0] total;
            wire [AB-1:0] more;
            if (AB <= PB + LEVELS) begin : g_cut
                assign more = sum[AB-1:0];
                if (AB < PB + LEVELS) begin : g_rest
                    wire unused = &{1'b0, sum[PB+LEVELS-1:AB]};
                end
            end else begin : g_wide
                assign more = {{(AB-PB-LEVELS){sum[PB+LEVELS-1]}}, sum};
            end
            always @(posedge clk)
                if (valids[DEPTH-1]) total <= (firsts[DEPTH-1] ? {AB{1'b0}} : total) + more;
            assign totals[p*AB +: AB] = total;
        end
    endgenerate
endmodule

// The sum of N signed values, a register after every level of additions.
module tr_tree #(parameter N = 4, BITS = 8, LEVELS = 2) (
    input wire clk, input wire [N*BITS-1:0] values, output wire [BITS+LEVELS-1:0] sum
);
    generate
        if (N == 1) begin : g_one
            wire unused = clk;
            assign sum = values;
        end else begin : g_many
            localparam PAIRS = (N + 1) / 2;
            reg [PAIRS*(BITS+1)-1:0] sums;
            genvar i;
            for (i = 0; i < PAIRS; i = i + 1) begin : g_pair
                wire signed [BITS:0] a = {values[(2*i+1)*BITS-1], values[2*i*BITS +: BITS]};
                if (2 * i + 1 < N) begin : g_two
                    wire signed [BITS:0] b = {values[(2*i+2)*BITS-1], values[(2*i+1)*BITS +: BITS]};
                    always @(posedge clk) sums[i*(BITS+1) +: BITS+1] <= a + b;
                end else begin : g_odd
                    always @(posedge clk) sums[i*(BITS+1) +: BITS+1] <= a;
                end
            end
            tr_tree #(.N(PAIRS), .BITS(BITS + 1), .LEVELS(LEVELS - 1)) rest (.clk(clk),
                .values(sums), .sum(sum));
        end
    endgenerate
endmodule

// x times w, after a register; KIND as of tr_sums.
module tr_product #(parameter XB = 8, XSIGNED = 0, WB = 2, KIND = 2) (
    input wire clk, input wire [XB-1:0] x, input wire [WB-1:0] w,
    output reg [(KIND == 2 ? XB + 1 : XB + WB)-1:0] xw
);
    localparam PB = XB + WB;
    wire signed [XB:0] value = {XSIGNED != 0 && x[XB-1], x};
    generate
        if (KIND == 2) begin : g_ternary
            always @(posedge clk) xw <= (value & {(XB+1){w[0]}}) ^ {(XB+1){w[1]}};
        end else if (KIND == 1) begin : g_shifts
            // By the weight's bits, two by two, a register behind each pair: the highest bit
            // counts negative.
            localparam PAIRS = (WB + 1) / 2;
            wire [2*PAIRS-1:0] signs = {{(2*PAIRS-WB+1){w[WB-1]}}, w[WB-2:0]};
            wire [XB+2:0] wide = {{2{value[XB]}}, value};
            wire [PB-1:0] part [0:PAIRS];
            assign part[0] = {PB{1'b0}};
            genvar b;
            for (b = 0; b < PAIRS; b = b + 1) begin : g_pair
                wire [XB+2:0] once = wide & {(XB+3){signs[2*b]}};
                wire [XB+2:0] twice = {wide[XB+1:0], 1'b0} & {(XB+3){signs[2*b+1]}};
                reg [XB+2:0] pair;
                always @(posedge clk) pair <= b == PAIRS - 1 ? once - twice : once + twice;
                wire [PB+XB+2:0] far = {{PB{pair[XB+2]}}, pair};
                assign part[b+1] = part[b] + {far[PB-2*b-1:0], {(2*b){1'b0}}};
                wire unused = &{1'b0, far[PB+XB+2:PB-2*b]};
            end
            always @(posedge clk) xw <= part[PAIRS];
        end else begin : g_multiplier
            wire signed [WB-1:0] weight = w;
            wire signed [XB+WB:0] whole = value * weight;
            wire unused = whole[XB+WB];
            always @(posedge clk) xw <= whole[PB-1:0];
        end
    endgenerate
endmodule

// x times v and x times w by one multiplier, of at most 18 bits a side: v + w << (XB + WB) on one
// of them. The lower product is signed: where it is negative, it took one from the upper.
module tr_product2 #(parameter XB = 8, XSIGNED = 0, WB = 4) (
    input wire clk, input wire [XB-1:0] x, input wire [WB-1:0] v, input wire [WB-1:0] w,
    output reg [XB+WB-1:0] xv, output reg [XB+WB-1:0] xw
);
    localparam PB = XB + WB;
    wire signed [XB:0] value = {XSIGNED != 0 && x[XB-1], x};
    wire [WB:0] upper = {w[WB-1], w} - {{WB{1'b0}}, v[WB-1]};
    wire signed [PB+WB:0] both = {upper, {XB{v[WB-1]}}, v};
    wire signed [XB+PB+WB+1:0] whole = value * both;
    wire unused = &{1'b0, whole[XB+PB+WB+1:2*PB]};
    always @(posedge clk) begin
        xv <= whole[PB-1:0];
        xw <= whole[2*PB-1:PB] + {{(PB-1){1'b0}}, whole[PB-1]};
    end
endmodule

// The largest of each of PE values over a group, what lies outside of the image left out.
module tr_largest #(parameter PE = 1, BITS = 8, SIGNED = 0) (
    input wire clk, input wire rst,
    input wire valid, input wire first, input wire last, input wire outside,
    input wire [PE*BITS-1:0] word, output reg done, output wire [PE*BITS-1:0] largest
);
    reg none; // of the group was inside so far
    wire start = first || none;
    always @(posedge clk) begin
        done <= !rst && valid && last;
        if (valid) none <= start && outside;
    end
    genvar p;
    generate
        for (p = 0; p < PE; p = p + 1) begin : g_value
            wire [BITS-1:0] value = word[p*BITS +: BITS];
            reg [BITS-1:0] best;
            wire [BITS-1:0] sign = {SIGNED != 0, {(BITS-1){1'b0}}};
            wire more = (value ^ sign) > (best ^ sign);
            always @(posedge clk) if (valid && !outside && (start || more)) best <= value;
            assign largest[p*BITS +: BITS] = best;
        end
    endgenerate
endmodule

// Totals onto the output's grid: (total << LIFT) + bias, shifted right by the channel's amount
// (FEWEST and what `shifts` holds beyond), clamped to [LOW, HIGH]. Rounding is in the bias.
module tr_finish #(
    parameter PE = 1, AB = 16, LIFT = 0, TB = 18, SB = 1, FEWEST = 0, BITS = 8,
    parameter LOW = 0, HIGH = 255
) (
    input wire clk, input wire rst, input wire done, input wire [PE*AB-1:0] totals,
    input wire [PE*TB-1:0] biases, input wire [PE*SB-1:0] shifts,
    output reg valid, output wire [PE*BITS-1:0] values
);
    wire signed [TB-1:0] least = LOW[TB-1:0], most = HIGH[TB-1:0];
    reg [1:0] valids;
    always @(posedge clk) {valid, valids} <= rst ? 3'd0 : {valids, done};
    genvar p;
    generate
        for (p = 0; p < PE; p = p + 1) begin : g_value
            wire signed [TB-1:0] total = {{(TB-AB-LIFT){totals[p*AB+AB-1]}},
                                          totals[p*AB +: AB], {LIFT{1'b0}}};
            reg signed [TB-1:0] summed, shifted;
            reg [SB-1:0] shift;
            reg [BITS-1:0] value;
            always @(posedge clk) begin
                summed <= total + $signed(biases[p*TB +: TB]);
                shift <= shifts[p*SB +: SB];
                shifted <= (summed >>> FEWEST) >>> shift;
                value <= shifted < least ? least[BITS-1:0]
                       : shifted > most ? most[BITS-1:0] : shifted[BITS-1:0];
            end
            assign values[p*BITS +: BITS] = value;
        end
    endgenerate
endmodule

// Where a folded layer's results wait, DEPTH of them (a power of two), and who says how many may
// be under way: `room` is whether one more may begin, `begins` that one does.
module tr_leave #(parameter BITS = 8, DEPTH = 16) (
    input wire clk, input wire rst, output wire room, input wire begins,
    input wire put, input wire [BITS-1:0] data,
    output wire out_valid, input wire out_ready, output wire [BITS-1:0] out_data
);
    localparam AB = $clog2(DEPTH);
    (* no_rw_check *) reg [BITS-1:0] memory [0:DEPTH-1];
    reg [AB-1:0] head, tail;
    reg [AB:0] held, free;
    assign room = free != 0;
    assign out_valid = held != 0;
    assign out_data = memory[head];
    wire take = out_valid && out_ready;
    always @(posedge clk) begin
        if (put) memory[tail] <= data;
        if (rst) begin
            head <= 0; tail <= 0; held <= 0; free <= {1'b1, {AB{1'b0}}};
        end else begin
            if (put) tail <= tail + 1'b1;
            if (take) head <= head + 1'b1;
            held <= held + {{AB{1'b0}}, put} - {{AB{1'b0}}, take};
            free <= free + {{AB{1'b0}}, take} - {{AB{1'b0}}, begins};
        end
    end
endmodule

// A long queue, in block RAM: what a residual's shorter path waits in.
module tr_queue #(parameter BITS = 8, DEPTH = 64) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [BITS-1:0] in_data,
    output wire out_valid, input wire out_ready, output wire [BITS-1:0] out_data
);
    localparam AB = $clog2(DEPTH), NB = $clog2(DEPTH + 1);
    localparam END = DEPTH - 1;
    (* no_rw_check *) reg [BITS-1:0] memory [0:DEPTH-1];
    reg [AB-1:0] head, tail;
    reg [NB-1:0] held;
    reg [BITS-1:0] read;
    reg reading;
    wire room;
    assign in_ready = held != DEPTH[NB-1:0] && !rst;
    wire put = in_valid && in_ready, take = held != 0 && room;
    always @(posedge clk) begin
        if (put) memory[tail] <= in_data;
        if (take) read <= memory[head];
        if (rst) begin
            head <= 0; tail <= 0; held <= 0; reading <= 1'b0;
        end else begin
            if (put) tail <= tail == END[AB-1:0] ? {AB{1'b0}} : tail + 1'b1;
            if (take) head <= head == END[AB-1:0] ? {AB{1'b0}} : head + 1'b1;
            held <= held + {{(NB-1){1'b0}}, put} - {{(NB-1){1'b0}}, take};
            reading <= take;
        end
    end
    tr_leave #(.BITS(BITS), .DEPTH(4)) ends (.clk(clk), .rst(rst), .room(room), .begins(take),
        .put(reading), .data(read),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data));
endmodule

// One beat becomes COUNT, its lowest bits first.
module tr_split #(parameter BITS = 8, COUNT = 4) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready, input wire [BITS*COUNT-1:0] in_data,
    output reg out_valid, input wire out_ready, output wire [BITS-1:0] out_data
);
    reg [BITS*COUNT-1:0] held;
    wire last, take = out_valid && out_ready;
    assign out_data = held[BITS-1:0];
    assign in_ready = (!out_valid || (take && last)) && !rst;
    tr_count #(COUNT) count (.clk(clk), .rst(rst), .step(take), .last(last));
    always @(posedge clk) begin
        if (in_valid && in_ready) held <= in_data;
        else if (take) held <= held >> BITS;
        if (rst) out_valid <= 1'b0;
        else if (in_valid && in_ready) out_valid <= 1'b1;
        else if (take && last) out_valid <= 1'b0;
    end
endmodule

// The sum of two beats of LANES values (the first operand in the lower half), or with ONE one
// beat's values, clamped to [LOW, HIGH].
module tr_clamp #(
    parameter LANES = 1, ONE = 0, BITS0 = 8, BITS1 = 8, SIGNED0 = 0, SIGNED1 = 0, BITS = 8,
    parameter LOW = 0, HIGH = 255, TB = 11
) (
    input wire clk, input wire rst,
    input wire in_valid, output wire in_ready,
    input wire [LANES*(BITS0 + (ONE != 0 ? 0 : BITS1))-1:0] in_data,
    output reg out_valid, input wire out_ready, output wire [LANES*BITS-1:0] out_data
);
    wire signed [TB-1:0] least = LOW[TB-1:0], most = HIGH[TB-1:0];
    reg summed_valid;
    wire move = !out_valid || out_ready;
    assign in_ready = (move || !summed_valid) && !rst;
    wire next = move && summed_valid;
    always @(posedge clk)
        if (rst) begin
            summed_valid <= 1'b0; out_valid <= 1'b0;
        end else begin
            if (in_ready) summed_valid <= in_valid;
            if (move) out_valid <= summed_valid;
        end
    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : g_value
            wire [BITS0-1:0] a = in_data[i*BITS0 +: BITS0];
            wire signed [TB-1:0] wide_a = {{(TB-BITS0){SIGNED0 != 0 && a[BITS0-1]}}, a};
            reg signed [TB-1:0] summed;
            reg [BITS-1:0] value;
            if (ONE != 0) begin : g_alone
                always @(posedge clk) if (in_ready) summed <= wide_a;
            end else begin : g_both
                wire [BITS1-1:0] b = in_data[LANES*BITS0 + i*BITS1 +: BITS1];
                wire signed [TB-1:0] wide_b = {{(TB-BITS1){SIGNED1 != 0 && b[BITS1-1]}}, b};
                always @(posedge clk) if (in_ready) summed <= wide_a + wide_b;
            end
            always @(posedge clk)
                if (next) value <= summed < least ? least[BITS-1:0]
                                 : summed > most ? most[BITS-1:0] : summed[BITS-1:0];
            assign out_data[i*BITS +: BITS] = value;
        end
    endgenerate
endmodule
